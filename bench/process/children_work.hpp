// SPDX-License-Identifier: BSL-1.0
// What the rows of children share: how many, which program, how much goes through a pipe.
#pragma once
#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>

namespace children_work {

inline constexpr const char* program = "/bin/true";
inline constexpr std::uint64_t some = 100;
inline constexpr std::uint64_t some_forks = 20;  // of a parent that is not small: each copies the tables of its memory
inline constexpr std::uint64_t in_flight = 64;
inline constexpr std::uint64_t mebibytes = 64;
inline constexpr std::size_t captured = 64 << 10;
inline constexpr const char* captured_script = "head -c 65536 /dev/zero";

// Memory of a parent that is not small: 4 GiB, but no more than half of what the machine has to spare. In small pages,
// since the tables of large ones are soon copied.
class ballast {
public:
    ballast() : bytes_(std::min(wanted, to_spare() / 2)) {
        memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (memory_ == MAP_FAILED) std::abort();
        ::madvise(memory_, bytes_, MADV_NOHUGEPAGE);
        std::memset(memory_, 1, bytes_);
    }
    ballast(const ballast&) = delete;
    ballast& operator=(const ballast&) = delete;
    ~ballast() { ::munmap(memory_, bytes_); }
    double gibibytes() const { return static_cast<double>(bytes_) / (1 << 30); }

private:
    static constexpr std::size_t wanted = std::size_t{4} << 30;
    static std::size_t to_spare() {
        std::ifstream info("/proc/meminfo");
        std::string name;
        std::size_t kibibytes = 0;
        while (info >> name)
            if (name == "MemAvailable:" && info >> kibibytes) return kibibytes << 10;
        std::abort();
    }
    std::size_t bytes_;
    void* memory_ = nullptr;
};

}  // namespace children_work
