// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/socket_options.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/socket_operations.hpp>

#include <chrono>
#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>

namespace coil::net {

class tcp_stream;

/// Says what a connection is to be like, before it is made. What is 0 stays as the system has it.
struct connect_options {
    bool no_delay = true;                        // small writes are sent at once
    keep_alive_options keep_alive{.on = false};  // `.keep_alive = {.idle = 30s}` turns it on
    std::size_t send_buffer = 0;
    std::size_t receive_buffer = 0;  // set before, because it decides how large a window is offered
    // Of a name with several addresses: how long one may be silent before the next is tried as well.
    any_duration attempt_delay = std::chrono::milliseconds(250);
};

/// Is the awaiter of `tcp_stream::connect`. The socket is made when it is awaited.
class [[nodiscard("co_await it")]] connect_await {
public:
    connect_await(const endpoint& to, const connect_options& options, place where) noexcept
        : to_(to), options_(options), where_(where) {}
    connect_await(connect_await&&) noexcept = default;

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready();
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return operation_->await_suspend(h); }
    tcp_stream await_resume();
    coil::result<tcp_stream> await_result();

private:
    int outcome();
    error failure(int error) const;

    void open();

    endpoint to_;
    connect_options options_;
    place where_;
    branch* branch_ = nullptr;
    int refusal_ = 0;             // why there is no socket: a negative errno
    std::exception_ptr problem_;  // an option that was refused
    ring::descriptor socket_;
    std::optional<ring::connect_operation> operation_;
};

}  // namespace coil::net
