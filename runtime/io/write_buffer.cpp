// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/write_buffer.hpp>

#include <coil/runtime/base/log.hpp>

#include <algorithm>
#include <utility>

namespace coil {

write_buffer::write_buffer(write_buffer&& other) noexcept
    : block_(other.block_),
      begin_(std::exchange(other.begin_, 0)),
      bytes_(std::exchange(other.bytes_, {})),
      problem_(std::exchange(other.problem_, nullptr)) {}

write_buffer& write_buffer::operator=(write_buffer&& other) noexcept {
    if (this == &other) return *this;
    report();
    block_ = other.block_;
    begin_ = std::exchange(other.begin_, 0);
    bytes_ = std::exchange(other.bytes_, {});
    problem_ = std::exchange(other.problem_, nullptr);
    return *this;
}

write_buffer::~write_buffer() {
    report();
}

bool write_buffer::append_all(byte_view from) {
    if (from.size() > block_ - std::min(block_, size())) return false;
    append_some(from);
    return true;
}

std::size_t write_buffer::append_some(byte_view from) {
    const std::size_t count = std::min(from.size(), block_ - std::min(block_, size()));
    if (count == 0) return 0;
    bytes_.reserve(begin_ + size() + count > block_ ? begin_ + size() + count : block_);
    add({from.data(), count});
    return count;
}

void write_buffer::append_whole(byte_view head, byte_view body) {
    check();
    bytes_.reserve(std::max(bytes_.size() + head.size() + body.size(), block_));
    add(head);
    add(body);
}

void write_buffer::drop(std::size_t n) noexcept {
    begin_ += n;
    if (begin_ == bytes_.size()) {
        begin_ = 0;
        bytes_.clear();
    }
}

// Whoever was told of an error knows.
void write_buffer::report() const noexcept {
    if (size() == 0 || problem_) return;
    try {
        log("a buffered_writer was destroyed before its last " + std::to_string(size()) + " bytes were flushed");
    } catch (...) {
        log("a buffered_writer was destroyed before its last bytes were flushed");
    }
}

}  // namespace coil
