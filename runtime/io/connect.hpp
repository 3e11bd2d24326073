// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/socket_operations.hpp>

#include <coroutine>
#include <optional>

namespace coil::net {

class tcp_stream;

/// Is the awaiter of `tcp_stream::connect`. The socket is made when it is awaited.
class [[nodiscard("co_await it")]] connect_await {
public:
    connect_await(const endpoint& to, place where) noexcept : to_(to), where_(where) {}
    connect_await(connect_await&&) noexcept = default;

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready();
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return operation_->await_suspend(h); }
    tcp_stream await_resume();
    coil::result<tcp_stream> await_result();

private:
    int outcome();
    error failure(int error) const;

    endpoint to_;
    place where_;
    branch* branch_ = nullptr;
    int refusal_ = 0;  // why there is no socket: a negative errno
    ring::descriptor socket_;
    std::optional<ring::connect_operation> operation_;
};

}  // namespace coil::net
