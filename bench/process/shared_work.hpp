// SPDX-License-Identifier: BSL-1.0
// How much goes through the queues; and a second process of a row: this executable once more, told by its environment
// which row it is and what it is given.
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shared_work {

template <std::size_t Size>
struct parcel {
    std::array<std::byte, Size> bytes{};
};
template <std::size_t Size>
inline constexpr std::uint64_t room = Size <= 64 ? 1024 : 8;
template <std::size_t Size>
inline constexpr std::uint64_t messages = Size <= 64 ? 1'000'000 : 50'000;
inline constexpr std::uint64_t few = 16, trips = 100'000;

inline constexpr int first_given = 200, tells_parent = 199;

class other_process {
public:
    template <class... T>
    other_process(const char* row, std::uint64_t n, const T&... objects) {
        coil::process::encoder e;
        (objects.encode(e), ...);
        std::string hex;
        for (const std::byte b : e.message()) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(b));
            hex += two;
        }
        const std::string message = "ROW_MESSAGE=" + hex, count = "ROW_GIVEN=" + std::to_string(e.numbers().size());
        const std::string size = std::to_string(n);
        int up[2];
        if (::pipe2(up, O_CLOEXEC) != 0) std::abort();
        pid_ = ::fork();
        if (pid_ == 0) {
            for (std::size_t i = 0; i < e.numbers().size(); ++i)
                ::dup2(e.numbers()[i], first_given + static_cast<int>(i));
            ::dup2(up[1], tells_parent);
            ::dup2(::open("/dev/null", O_WRONLY), 1);
            char* environment[] = {const_cast<char*>(message.c_str()), const_cast<char*>(count.c_str()), nullptr};
            const char* arguments[] = {"row", "--count", row, size.c_str(), nullptr};
            ::execve("/proc/self/exe", const_cast<char**>(arguments), environment);
            ::_exit(127);
        }
        ::close(up[1]);
        char c = 0;
        if (::read(up[0], &c, 1) != 1) std::abort();
        ::close(up[0]);
    }
    ~other_process() {
        kill();
        ::waitpid(pid_, nullptr, 0);
    }
    pid_t pid() const { return pid_; }
    void kill() const { ::kill(pid_, SIGKILL); }

private:
    pid_t pid_;
};

inline coil::process::decoder given(std::vector<std::byte>& bytes) {
    const std::string_view hex = std::getenv("ROW_MESSAGE");
    for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
        bytes.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
    std::vector<coil::ring::descriptor> all;
    for (int i = 0; i < std::atoi(std::getenv("ROW_GIVEN")); ++i)
        all.emplace_back(first_given + i);
    return coil::process::decoder(bytes, std::move(all));
}
inline void tell_parent() {
    if (::write(tells_parent, "r", 1) != 1) std::abort();
}

}  // namespace shared_work
