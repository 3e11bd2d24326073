// SPDX-License-Identifier: BSL-1.0
// A second process for tests of what processes share: this very program, started once more for a test case of its own,
// which is skipped otherwise. It gets objects as a message; the two take their steps by bytes on a pair of pipes.
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace process_test {

inline constexpr int first_given = 200;  // the numbers of descriptors that the child is given
inline constexpr int told_by_parent = 198, tells_parent = 199;

// What a child does: written as TEST_CASE(CHILD("name")).
#define CHILD(name) "child: " name* doctest::skip()

class other_process {
public:
    explicit other_process(const std::string& name, const coil::process::encoder& objects = {}) {
        REQUIRE(name.find(',') == std::string::npos);  // which would end the name
        int down[2], up[2];
        if (::pipe2(down, O_CLOEXEC) != 0 || ::pipe2(up, O_CLOEXEC) != 0) std::abort();
        std::string hex;
        for (const std::byte b : objects.message()) {
            char two[3];
            std::snprintf(two, sizeof two, "%02x", static_cast<unsigned>(b));
            hex += two;
        }
        const std::string message = "COIL_TEST_MESSAGE=" + hex;
        const std::string count = "COIL_TEST_DESCRIPTORS=" + std::to_string(objects.numbers().size());
        const std::string filter = "-tc=child: " + name;
        std::vector<char*> environment;
        for (char** e = environ; *e != nullptr; ++e)
            environment.push_back(*e);
        environment.push_back(const_cast<char*>(message.c_str()));
        environment.push_back(const_cast<char*>(count.c_str()));
        environment.push_back(nullptr);
        pid_ = ::fork();
        if (pid_ == 0) {
            for (std::size_t i = 0; i < objects.numbers().size(); ++i)
                ::dup2(objects.numbers()[i], first_given + static_cast<int>(i));
            ::dup2(down[0], told_by_parent);
            ::dup2(up[1], tells_parent);
            const char* arguments[] = {"child", filter.c_str(), "--no-skip", "-m", nullptr};
            ::execve("/proc/self/exe", const_cast<char**>(arguments), environment.data());
            ::_exit(127);
        }
        ::close(down[0]);
        ::close(up[1]);
        to_ = down[1];
        from_ = up[0];
    }
    other_process(other_process&& other) noexcept
        : pid_(std::exchange(other.pid_, -1)), to_(other.to_), from_(other.from_) {}
    ~other_process() {
        if (pid_ <= 0) return;
        kill();
        wait();
    }
    // The next byte that it tells; 0 if it has ended.
    char hear() const {
        char c = 0;
        return ::read(from_, &c, 1) == 1 ? c : '\0';
    }
    void tell(char c) const { CHECK(::write(to_, &c, 1) == 1); }
    void kill() const { ::kill(pid_, SIGKILL); }
    // 0 if all its checks held; 128 and the signal that it died of.
    int wait() {
        ::close(to_);
        int status = -1;
        ::waitpid(std::exchange(pid_, -1), &status, 0);
        ::close(from_);
        return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    int pid() const { return pid_; }

private:
    pid_t pid_;
    int to_ = -1, from_ = -1;
};

// ---- in the child

// The objects that the parent wrote.
class given {
public:
    given() {
        const std::string_view hex = std::getenv("COIL_TEST_MESSAGE");
        for (std::size_t i = 0; i + 1 < hex.size(); i += 2)
            bytes_.push_back(static_cast<std::byte>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
        std::vector<coil::ring::descriptor> all;
        const int n = std::atoi(std::getenv("COIL_TEST_DESCRIPTORS"));
        for (int i = 0; i < n; ++i) {
            ::fcntl(first_given + i, F_SETFD, FD_CLOEXEC);
            all.emplace_back(first_given + i);
        }
        from_ = coil::process::decoder(bytes_, std::move(all));
    }
    template <class T>
    T take() {
        return T::decode(from_);
    }

private:
    std::vector<std::byte> bytes_;
    coil::process::decoder from_{{}};
};

inline void tell_parent(char c) {
    CHECK(::write(tells_parent, &c, 1) == 1);
}
inline char hear_parent() {
    char c = 0;
    return ::read(told_by_parent, &c, 1) == 1 ? c : '\0';
}
[[noreturn]] inline void sleep_until_killed() {
    for (;;)
        ::pause();
}

template <class... T>
coil::process::encoder message_of(const T&... objects) {
    coil::process::encoder e;
    (objects.encode(e), ...);
    return e;
}

// What is passed within this process.
template <class T>
T again(const T& object) {
    coil::process::encoder e = message_of(object);
    const auto bytes = e.take_message();
    coil::process::decoder d(bytes, e.take_descriptors());
    return T::decode(d);
}

}  // namespace process_test
