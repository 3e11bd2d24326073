// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/read_buffer.hpp>

#include <algorithm>
#include <cstring>
#include <utility>

namespace coil {

read_buffer::read_buffer(read_buffer&& other) noexcept
    : block_(other.block_),
      begin_(std::exchange(other.begin_, 0)),
      end_(std::exchange(other.end_, 0)),
      capacity_(std::exchange(other.capacity_, 0)),
      memory_(std::move(other.memory_)) {}

read_buffer& read_buffer::operator=(read_buffer&& other) noexcept {
    block_ = other.block_;
    begin_ = std::exchange(other.begin_, 0);
    end_ = std::exchange(other.end_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    memory_ = std::move(other.memory_);
    return *this;
}

byte_span read_buffer::room() {
    const std::size_t behind = capacity_ - end_;
    // A small remainder would make small reads; to move little is cheaper.
    if (behind == 0 || behind < block_ / 2) {
        if (size() <= capacity_ / 2 && capacity_ != 0) move_to(capacity_, 0);
        else if (behind == 0 || begin_ != 0) move_to(std::max(block_, 2 * capacity_), 0);
    }
    return {memory_.get() + end_, capacity_ - end_};
}

void read_buffer::put_back(const void* bytes, std::size_t n) {
    if (n == 0) return;
    if (begin_ < n) move_to(std::max(block_, capacity_ < n + size() ? n + size() : capacity_), n);
    begin_ -= n;
    std::memcpy(memory_.get() + begin_, bytes, n);
}

// What is there begins at `begin` afterwards.
void read_buffer::move_to(std::size_t capacity, std::size_t begin) {
    const std::size_t kept = size();
    if (capacity == capacity_) {
        std::memmove(memory_.get() + begin, memory_.get() + begin_, kept);
    } else {
        std::unique_ptr<char[]> larger(new char[capacity]);
        if (kept != 0) std::memcpy(larger.get() + begin, memory_.get() + begin_, kept);
        memory_ = std::move(larger);
        capacity_ = capacity;
    }
    begin_ = begin;
    end_ = begin + kept;
}

}  // namespace coil
