// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/byte_view.hpp>

#include <cstddef>
#include <exception>
#include <string>

namespace coil {

/// Is the memory of a buffered writer: bytes that were taken and not yet written, and the error that ended writing.
class write_buffer {
public:
    explicit write_buffer(std::size_t block) noexcept : block_(block != 0 ? block : 1) {}
    write_buffer(write_buffer&& other) noexcept;
    /// Tells the log hook what is lost.
    write_buffer& operator=(write_buffer&& other) noexcept;
    ~write_buffer();

    std::size_t size() const noexcept { return bytes_.size() - begin_; }
    std::size_t block() const noexcept { return block_; }
    byte_view contents() const noexcept { return {bytes_.data() + begin_, size()}; }
    /// Takes all of it, if that fits.
    bool append_all(byte_view from);
    /// Takes what fits.
    std::size_t append_some(byte_view from);
    /// Takes both, whatever their size.
    void append_whole(byte_view head, byte_view body);
    /// The first n bytes have been written.
    void drop(std::size_t n) noexcept;

    const std::exception_ptr& problem() const noexcept { return problem_; }
    void keep(std::exception_ptr problem) noexcept { problem_ = std::move(problem); }
    /// Throws the error that was kept.
    void check() const {
        if (problem_) std::rethrow_exception(problem_);
    }

private:
    void add(byte_view from) {
        // for a size of zero the pointer may be null
        if (from.size() != 0) bytes_.append(reinterpret_cast<const char*>(from.data()), from.size());
    }
    void report() const noexcept;

    std::size_t block_;
    std::size_t begin_ = 0;  // written up to here
    std::string bytes_;
    std::exception_ptr problem_;
};

}  // namespace coil
