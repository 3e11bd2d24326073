// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/connect.hpp>

#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/io/socket_calls.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <exception>
#include <system_error>
#include <utility>

namespace coil::net {

bool connect_await::await_ready() {
    const bool stopped = branch_ != nullptr && branch_->root->stopping.load(std::memory_order_relaxed) != 0 &&
                         region::reaches(branch_->innermost);
    if (branch_ != nullptr && !stopped) {
        open();
        if (refusal_ != 0) return true;
    }
    operation_.emplace(socket_, to_.data(), to_.size(), where_);
    if (branch_ != nullptr) operation_->attach(*branch_);
    return operation_->await_ready();
}

void connect_await::open() {
    const int fd = open_tcp_socket(to_);
    if (fd < 0) {
        refusal_ = fd;
        return;
    }
    socket_ = ring::descriptor(fd, ring::keeper_here(), to_.kept());
    if (options_.no_delay) set_no_delay_of(fd, true);
    try {
        const socket_options socket(fd, to_);
        if (options_.keep_alive.on) socket.set_keep_alive(options_.keep_alive);
        if (options_.send_buffer != 0) socket.set_send_buffer(options_.send_buffer);
        if (options_.receive_buffer != 0) socket.set_receive_buffer(options_.receive_buffer);
    } catch (const std::system_error& e) {
        problem_ = std::current_exception();
        refusal_ = -e.code().value();
    }
}

int connect_await::outcome() {
    return refusal_ != 0 ? refusal_ : operation_->await_resume();
}

error connect_await::failure(int error) const {
    if (problem_) {
        try {
            std::rethrow_exception(problem_);
        } catch (const std::system_error& e) {
            return coil::error(e, problem_);
        }
    }
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
