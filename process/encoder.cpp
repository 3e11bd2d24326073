// SPDX-License-Identifier: BSL-1.0
#include <coil/process/encoder.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <string>
#include <utility>

namespace coil::process {

// Not in line: g++ 12 at -O3 warns of this insertion, falsely, wherever it is.
void encoder::bytes(std::span<const std::byte> b) { message_.insert(message_.end(), b.begin(), b.end()); }

void encoder::descriptor(int fd) {
    // room first: once there is a duplicate nothing may throw before it has an owner
    numbers_.reserve(numbers_.size() + 1);
    owned_.reserve(owned_.size() + 1);
    const long copy = ring::call_here(ring::call::dup(fd));
    if (copy < 0) throw_errno(static_cast<int>(-copy), "pass", "fd " + std::to_string(fd));
    owned_.emplace_back(static_cast<int>(copy));
    numbers_.push_back(static_cast<int>(copy));
}

std::vector<std::byte> encoder::take_message() noexcept {
    return std::exchange(message_, {});
}

std::vector<ring::descriptor> encoder::take_descriptors() noexcept {
    numbers_.clear();
    return std::exchange(owned_, {});
}

}  // namespace coil::process
