// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/unix_endpoint.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <coroutine>
#include <optional>

namespace coil::net {

class unix_stream;

/// Connects a Unix socket that is non-blocking, which is done at once or not at all: while the listener's line is full
/// it tries again, with a growing pause between two tries. (An entry that connects would wait in a thread of the
/// kernel's, where a stop that comes early is missed.)
class unix_connect_operation : public ring::operation {
public:
    unix_connect_operation(ring::descriptor& d, const unix_endpoint& to, place where) noexcept
        : operation(table, d, where), to_(to) {}
    int await_resume();

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const ring::operation_table table;

    const unix_endpoint& to_;
    int answer_ = 0;               // of a try after a pause
    long long pause_[2] = {0, 0};  // as the kernel's timespec
};

/// Is the awaiter of `unix_stream::connect`. The socket is made when it is awaited.
class [[nodiscard("co_await it")]] unix_connect_await {
public:
    unix_connect_await(const unix_endpoint& to, place where) noexcept : to_(to), where_(where) {}
    unix_connect_await(unix_connect_await&&) noexcept = default;

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready();
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return operation_->await_suspend(h); }
    unix_stream await_resume();
    coil::result<unix_stream> await_result();

private:
    int outcome();
    error failure(int error) const;

    unix_endpoint to_;
    place where_;
    branch* branch_ = nullptr;
    int refusal_ = 0;  // why there is no socket: a negative errno
    ring::descriptor socket_;
    std::optional<unix_connect_operation> operation_;
};

}  // namespace coil::net
