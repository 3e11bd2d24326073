// SPDX-License-Identifier: BSL-1.0
#include <coil/process/decoder.hpp>

#include <coil/runtime/base/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace coil::process {

std::span<const std::byte> decoder::view(std::size_t size) {
    if (size > rest_.size()) throw_errno(EBADMSG, "decode", "a message that ends too early");
    const auto front = rest_.first(size);
    rest_ = rest_.subspan(size);
    return front;
}

void decoder::bytes(std::span<std::byte> to) {
    const auto from = view(to.size());
    std::copy(from.begin(), from.end(), to.begin());
}

ring::descriptor decoder::owned_descriptor() {
    if (next_ == descriptors_.size()) throw_errno(EBADMSG, "decode", "a message with too few descriptors");
    return std::move(descriptors_[next_++]);
}

int decoder::descriptor() {
    return owned_descriptor().release();
}

}  // namespace coil::process
