// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/aligned_buffer.hpp>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace coil::fs {

aligned_buffer::aligned_buffer(std::size_t size, std::size_t alignment) {
    if (!std::has_single_bit(alignment))
        throw std::invalid_argument("coil: an aligned_buffer cannot have an alignment of " + std::to_string(alignment));
    const std::size_t whole = (size + alignment - 1) & ~(alignment - 1);
    if (whole < size) throw std::bad_alloc();
    if (whole == 0) return;
    auto* const memory = static_cast<std::byte*>(std::aligned_alloc(alignment, whole));
    if (memory == nullptr) throw std::bad_alloc();
    std::memset(memory, 0, whole);
    memory_.reset(memory);
    size_ = whole;
}

void aligned_buffer::release::operator()(std::byte* memory) const noexcept {
    std::free(memory);
}

}  // namespace coil::fs
