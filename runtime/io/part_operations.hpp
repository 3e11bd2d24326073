// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/file_operations.hpp>
#include <coil/runtime/io/whole_transfer.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace coil::fs {

/// Is the awaiter of a file's `read_parts_at` and `write_parts_at`: as many entries as it takes, each of up to 16
/// parts.
class [[nodiscard("co_await it")]] parts_await : public fallible<parts_await, whole_transfer, std::size_t> {
public:
    /// `tried`: as for `read_at`.
    parts_await(ring::descriptor& d, std::span<const byte_span> to, std::uint64_t offset, bool tried,
                place where) noexcept;
    parts_await(ring::descriptor& d, std::span<const byte_view> from, std::uint64_t offset, bool tried,
                place where) noexcept;

    bool await_ready();

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare_reading(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static void prepare_writing(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt_reading(operation& o, ring::ring& r) noexcept;
    static long attempt_writing(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table reading, writing, reading_untried, writing_untried;

    // As the kernel's iovec.
    struct part {
        void* data;
        std::size_t size;
    };
    static constexpr std::size_t most = 16;
    std::size_t window() noexcept;
    std::int64_t position() const noexcept { return static_cast<std::int64_t>(offset_ + done()); }
    bool is_in_range() const noexcept;
    int outcome();
    error failure(int error) const;

    std::span<const byte_span> to_;
    std::span<const byte_view> from_;
    std::uint64_t offset_;
    std::size_t passed_ = 0;       // parts that are done
    std::size_t passed_size_ = 0;  // bytes in them
    std::array<part, most> now_;   // what the present entry moves
};

}  // namespace coil::fs
