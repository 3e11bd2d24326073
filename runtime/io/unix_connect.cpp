// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_connect.hpp>

#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace coil::net {

using ring::call;
using ring::call_here;
using ring::operation;

// ---- the tries

constinit const ring::operation_table unix_connect_operation::table =
    operation::kind("connect", ring::purpose::writing, ring::trial::always, &prepare, &attempt, &goes_on);

void unix_connect_operation::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<unix_connect_operation&>(o);
    self.pause_[1] = std::clamp(2 * self.pause_[1], 1'000'000LL, 50'000'000LL);
    ring::prepare_timeout(e, self.pause_);
}

long unix_connect_operation::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<unix_connect_operation&>(o);
    return r.now(call::connect(self.fd(), self.to_.data(), self.to_.size()));
}

bool unix_connect_operation::goes_on(operation& o, int result) noexcept {
    auto& self = static_cast<unix_connect_operation&>(o);
    if (result != -ETIME) return false;
    self.answer_ = static_cast<int>(call_here(call::connect(self.fd(), self.to_.data(), self.to_.size())));
    return self.answer_ == -EAGAIN;
}

int unix_connect_operation::await_resume() {
    const int r = result();
    return r == -ETIME ? answer_ : r;
}

// ---- the socket

bool unix_connect_await::await_ready() {
    const bool stopped = branch_ != nullptr && branch_->root->stopping.load(std::memory_order_relaxed) != 0 &&
                         region::reaches(branch_->innermost);
    if (branch_ != nullptr && !stopped) {
        const long fd = call_here(call::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0));
        if (fd < 0) {
            refusal_ = static_cast<int>(fd);
            return true;
        }
        socket_ = ring::descriptor(static_cast<int>(fd), ring::keeper_here(), to_.kept());
    }
    operation_.emplace(socket_, to_, where_);
    if (branch_ != nullptr) operation_->attach(*branch_);
    return operation_->await_ready();
}

int unix_connect_await::outcome() {
    if (refusal_ != 0) return refusal_;
    const int r = operation_->await_resume();
    // an entry that reads from a non-blocking socket does not wait
    return r < 0 ? r : static_cast<int>(call_here(call::fcntl(socket_.number(), F_SETFL, 0)));
}

error unix_connect_await::failure(int error) const {
    return operation_error(error, "connect", to_string(to_));
}

unix_stream unix_connect_await::await_resume() {
    if (const int r = outcome(); r < 0) failure(-r).rethrow();
    return unix_stream(std::move(socket_), to_);
}

coil::result<unix_stream> unix_connect_await::await_result() {
    if (const int r = outcome(); r < 0) return coil::result<unix_stream>(failure(-r));
    return coil::result<unix_stream>(unix_stream(std::move(socket_), to_));
}

}  // namespace coil::net
