// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/connect.hpp>

#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <utility>

namespace coil::net {

bool connect_await::await_ready() {
    const bool stopped = branch_ != nullptr && branch_->root->stopping.load(std::memory_order_relaxed) != 0 &&
                         region::reaches(branch_->innermost);
    if (branch_ != nullptr && !stopped) {
        const int fd = open_tcp_socket(to_);
        if (fd < 0) {
            refusal_ = fd;
            return true;
        }
        socket_ = ring::descriptor(fd, ring::keeper_here());
        set_no_delay_of(fd, true);
    }
    operation_.emplace(socket_, to_.data(), to_.size(), where_);
    if (branch_ != nullptr) operation_->attach(*branch_);
    return operation_->await_ready();
}

int connect_await::outcome() {
    return refusal_ != 0 ? refusal_ : operation_->await_resume();
}

error connect_await::failure(int error) const {
    return operation_error(error, "connect", to_string(to_));
}

tcp_stream connect_await::await_resume() {
    if (const int r = outcome(); r < 0) failure(-r).rethrow();
    return tcp_stream(std::move(socket_), to_);
}

coil::result<tcp_stream> connect_await::await_result() {
    if (const int r = outcome(); r < 0) return coil::result<tcp_stream>(failure(-r));
    return coil::result<tcp_stream>(tcp_stream(std::move(socket_), to_));
}

}  // namespace coil::net
