// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/accept.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <exception>

namespace coil::net {

namespace {

// At most ten tries a second: cheap enough to go on for ever, quick enough that a client hardly notices.
constexpr long long shortest_pause_ms = 1;
constexpr long long longest_pause_ms = 100;

// The connection was over before it was accepted; the next one may be fine. (Linux passes on what went wrong on the new
// socket; accept(2) has the list.)
bool is_of_the_peer(int error) noexcept {
    switch (error) {
    case ECONNABORTED:
    case EPROTO:
    case ENETDOWN:
    case ENOPROTOOPT:
    case EHOSTDOWN:
    case ENONET:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return true;
    default:
        return false;
    }
}

bool is_a_shortage(int error) noexcept {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

constinit const ring::operation_table patient_accept::table =
    ring::operation::kind("accept", ring::purpose::reading, ring::trial::never, &prepare, nullptr, &goes_on);

void patient_accept::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<patient_accept&>(o);
    static_assert(sizeof(sockaddr_in6) == sizeof self.peer_);
    switch (self.step_) {
    case step::accept:
        self.size_ = sizeof self.peer_;
        return ring::prepare_accept(e, self.fd(), reinterpret_cast<sockaddr*>(self.peer_.data()), &self.size_);
    case step::pause:
        return ring::prepare_timeout(e, self.pause_);
    case step::watch:
        return ring::prepare_poll_readable(e, self.fd());
    }
}

bool patient_accept::goes_on(operation& o, int result) noexcept {
    auto& self = static_cast<patient_accept&>(o);
    switch (self.step_) {
    case step::accept:
        return result < 0 && (is_of_the_peer(-result) || self.runs_short(-result));
    case step::pause:
        self.step_ = step::watch;
        return result == -ETIME;
    case step::watch:
        self.step_ = step::accept;
        return result >= 0;
    }
    return false;
}

bool patient_accept::runs_short(int error) noexcept {
    if (!is_a_shortage(error)) return false;
    step_ = step::pause;
    const bool was_short = pause_ms_ < longest_pause_ms;
    pause_ms_ = std::clamp(2 * pause_ms_, shortest_pause_ms, longest_pause_ms);
    pause_[1] = pause_ms_ * 1'000'000;
    if (was_short && pause_ms_ == longest_pause_ms) {  // once, and only if it lasts
        try {
            log("accept " + name_(*this) + " waits for what is short: " + operation_error(error, "", "").message());
        } catch (const std::exception&) {
            // no memory for a text
        }
    }
    return true;
}

tcp_stream accept_await::value(int fd) const {
    ring::descriptor socket(fd, ring::keeper_here());
    return tcp_stream(std::move(socket), endpoint::from(peer(), peer_size()));
}

error accept_await::failure(int error) const {
    return operation_error(error, "accept", to_string(local_));
}

}  // namespace coil::net
