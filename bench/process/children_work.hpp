// SPDX-License-Identifier: BSL-1.0
// What the rows of children share: how many, which program, how much goes through a pipe.
#pragma once
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

namespace children_work {

inline constexpr const char* program = "/bin/true";
inline constexpr std::uint64_t some = 100;
inline constexpr std::uint64_t in_flight = 64;
inline constexpr std::uint64_t mebibytes = 64;
inline constexpr std::size_t captured = 64 << 10;
inline constexpr const char* captured_script = "head -c 65536 /dev/zero";

// Memory of a parent that is not small.
class ballast {
public:
    ballast() : memory_(new char[bytes]) { std::memset(memory_.get(), 1, bytes); }

private:
    static constexpr std::size_t bytes = std::size_t{1} << 30;
    std::unique_ptr<char[]> memory_;
};

}  // namespace children_work
