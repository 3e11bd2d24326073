// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace coil {

namespace ring {
class buffer_pool;
}

/// Is what a `receive` brought: bytes in a buffer that the loop lends.
/// Shape: a contiguous range of bytes that may be written; empty at the end of the stream. Move-only.
/// Threads: one at a time, any; it may be kept and destroyed on any thread.
/// Lifetime: the buffer goes back to its loop when the chunk is destroyed, or assigned to; it may outlive loop and
/// stream. While many are kept, receiving goes on in memory of its own.
class [[nodiscard]] chunk {
public:
    chunk() noexcept = default;
    /// Of a pool's buffer, or with no pool of memory from `operator new`.
    chunk(std::byte* data, std::size_t size, ring::buffer_pool* pool, std::uint16_t index) noexcept
        : data_(data), size_(static_cast<std::uint32_t>(size)), index_(index), pool_(pool) {}
    chunk(chunk&& other) noexcept
        : data_(std::exchange(other.data_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          index_(other.index_),
          pool_(other.pool_) {}
    chunk& operator=(chunk&& other) noexcept {
        if (this != &other) {
            reset();
            data_ = std::exchange(other.data_, nullptr);
            size_ = std::exchange(other.size_, 0);
            index_ = other.index_;
            pool_ = other.pool_;
        }
        return *this;
    }
    ~chunk() { reset(); }

    std::byte* data() noexcept { return data_; }
    const std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    std::byte* begin() noexcept { return data_; }
    std::byte* end() noexcept { return data_ + size_; }
    const std::byte* begin() const noexcept { return data_; }
    const std::byte* end() const noexcept { return data_ + size_; }
    /// The bytes as text.
    std::string_view text() const noexcept { return {reinterpret_cast<const char*>(data_), size_}; }

    /// Gives the buffer back now.
    void reset() noexcept {
        if (data_ != nullptr) give_back();
    }

private:
    void give_back() noexcept;

    std::byte* data_ = nullptr;
    std::uint32_t size_ = 0;
    std::uint16_t index_ = 0;
    ring::buffer_pool* pool_ = nullptr;
};

}  // namespace coil
