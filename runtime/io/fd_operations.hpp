// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/whole_transfer.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace coil {

/// Names a descriptor in errors, if the descriptor does not (null then); shared, because operations may outlive the
/// object.
using descriptor_name = std::shared_ptr<const std::string>;

/// The name that an error shows: that one, or else the descriptor's own.
inline std::string_view name_or(const descriptor_name& name, std::span<const std::byte> of_descriptor) noexcept {
    return name ? std::string_view(*name) : as_text(of_descriptor);
}

/// Takes the turns of a transfer at a descriptor's own position. One whose open file description has O_NONBLOCK answers
/// EAGAIN, and the flag may not be touched, because others share it: then a poll waits, and the transfer comes again.
class patience {
public:
    /// Looks at an entry's result: true if it says nothing yet.
    bool goes_on(int result) noexcept;
    bool polls() const noexcept { return polls_; }
    /// Ready by what the poll says, and yet EAGAIN (a disk's file): only a thread of the kernel's can wait for that.
    bool needs_thread() const noexcept { return in_vain_ > 1; }

private:
    bool polls_ = false;
    std::uint8_t in_vain_ = 0;  // EAGAIN in spite of a poll
};

/// Is the awaiter of a `read` at a descriptor's own position.
class [[nodiscard("co_await it")]] fd_read_await : public fallible<fd_read_await, ring::operation, std::size_t> {
public:
    fd_read_await(ring::descriptor& d, byte_span to, descriptor_name name, place where) noexcept
        : fallible(table, d, where), to_(to), name_(std::move(name)) {}

private:
    friend fallible;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;

    static std::size_t value(int count) noexcept { return static_cast<std::size_t>(count); }
    error failure(int error) const;
    byte_span to_;
    descriptor_name name_;
    patience patience_;
};

/// Is the awaiter of a `read_exactly` at a descriptor's own position: as many entries as it takes.
class [[nodiscard("co_await it")]] fd_read_exactly_await
    : public fallible<fd_read_exactly_await, whole_transfer, std::size_t> {
public:
    fd_read_exactly_await(ring::descriptor& d, byte_span to, descriptor_name name, place where) noexcept
        : fallible(table, d, to.size(), where), to_(to.data()), name_(std::move(name)) {}

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;

    int outcome();
    error failure(int error) const;
    std::byte* to_;
    descriptor_name name_;
    patience patience_;
};

/// Is the awaiter of a `write` at a descriptor's own position: as many entries as it takes.
class [[nodiscard("co_await it")]] fd_write_await : public fallible<fd_write_await, whole_transfer, std::size_t> {
public:
    fd_write_await(ring::descriptor& d, byte_view from, descriptor_name name, place where) noexcept
        : fallible(table, d, from.size(), where), from_(from.data()), name_(std::move(name)) {}

private:
    friend fallible;
    using whole_transfer::value;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;

    int outcome();
    error failure(int error) const;
    const std::byte* from_;
    descriptor_name name_;
    patience patience_;
};

}  // namespace coil
