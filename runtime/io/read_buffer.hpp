// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/byte_view.hpp>

#include <cstddef>
#include <memory>
#include <string_view>

namespace coil {

/// Is the memory of a buffered reader: bytes that were read and not yet taken, in one piece.
/// Shape: the first `room` allocates it, one block; it grows by doubling while what is kept does not fit, and never
/// shrinks. Cost: nothing is moved while half of it is free at the end.
class read_buffer {
public:
    explicit read_buffer(std::size_t block) noexcept : block_(block != 0 ? block : 1) {}
    read_buffer(read_buffer&& other) noexcept;
    read_buffer& operator=(read_buffer&& other) noexcept;

    /// What is there; valid until the next call that is not const.
    std::string_view contents() const noexcept { return {memory_.get() + begin_, end_ - begin_}; }
    std::size_t size() const noexcept { return end_ - begin_; }
    std::size_t block() const noexcept { return block_; }
    /// Free memory behind them, at least one byte. Errors: `std::bad_alloc`.
    byte_span room();
    /// The first n bytes of `room` have been filled.
    void took(std::size_t n) noexcept { end_ += n; }
    /// The first n bytes are of no use any more.
    void drop(std::size_t n) noexcept {
        begin_ += n;
        if (begin_ == end_) begin_ = end_ = 0;
    }
    /// Puts bytes before those that are there. Errors: `std::bad_alloc`.
    void put_back(const void* bytes, std::size_t n);

private:
    void move_to(std::size_t capacity, std::size_t begin);

    std::size_t block_;
    std::size_t begin_ = 0, end_ = 0, capacity_ = 0;
    std::unique_ptr<char[]> memory_;
};

}  // namespace coil
