// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <memory>
#include <span>

namespace coil::fs {

/// Is memory for direct I/O: files opened with `mode::direct` want buffers, sizes and offsets in whole blocks.
/// Shape: a contiguous range of bytes, zero at first; the size is rounded up to the alignment, a power of two.
/// Errors: `std::invalid_argument` for another alignment; `std::bad_alloc`. Cost: one allocation.
class aligned_buffer {
public:
    static constexpr std::size_t usual = 4096;  // serves every disk of today
    aligned_buffer() noexcept = default;
    explicit aligned_buffer(std::size_t size, std::size_t alignment = usual);

    std::byte* data() noexcept { return memory_.get(); }
    const std::byte* data() const noexcept { return memory_.get(); }
    std::size_t size() const noexcept { return size_; }
    std::byte* begin() noexcept { return data(); }
    std::byte* end() noexcept { return data() + size_; }
    const std::byte* begin() const noexcept { return data(); }
    const std::byte* end() const noexcept { return data() + size_; }

private:
    struct release {
        void operator()(std::byte* memory) const noexcept;
    };
    std::unique_ptr<std::byte[], release> memory_;
    std::size_t size_ = 0;
};

}  // namespace coil::fs
