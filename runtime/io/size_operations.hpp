// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/file_operations.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <coroutine>
#include <cstdint>
#include <optional>
#include <utility>

namespace coil::fs {

/// Is the entry that gives a file another size; kernels before 6.9 have none.
class truncate_entry : public ring::operation {
public:
    truncate_entry(ring::descriptor& d, std::uint64_t size, place where) noexcept
        : operation(table, d, where), size_(size) {}
    bool await_ready();
    /// Something else does it; what is left is the name.
    void stand_aside() noexcept { refuse(0); }
    using operation::name_of_descriptor;

private:
    bool is_in_range() const noexcept;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static const ring::operation_table table;
    std::uint64_t size_;
};

/// Is the awaiter of `truncate`: an entry, or without one a thread for blocking calls.
class [[nodiscard("co_await it")]] truncate_await {
public:
    truncate_await(ring::descriptor& d, std::uint64_t size, place where) noexcept;
    truncate_await(truncate_await&&) = default;

    void attach(branch& b) noexcept {
        branch_ = &b;
        entry_.attach(b);
    }
    bool await_ready();
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return without_entry_ ? without_entry_->await_suspend(h) : entry_.await_suspend(h);
    }
    void await_resume();

private:
    task<int> truncate_elsewhere();

    truncate_entry entry_;
    int fd_;
    std::uint64_t size_;
    place where_;
    branch* branch_ = nullptr;
    std::optional<task_await<int>> without_entry_;
};

/// Is the awaiter of `allocate`.
class [[nodiscard("co_await it")]] allocate_await : public fallible<allocate_await, ring::operation, void> {
public:
    allocate_await(ring::descriptor& d, std::uint64_t offset, std::uint64_t size, place where) noexcept
        : fallible(table, d, where), offset_(offset), size_(size) {}
    bool await_ready();

private:
    friend fallible;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static const ring::operation_table table;
    bool is_in_range() const noexcept;
    error failure(int error) const;
    std::uint64_t offset_, size_;
};

}  // namespace coil::fs
