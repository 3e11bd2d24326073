// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_socket.hpp>

#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coil::ring {

simulated_stream::simulated_stream(simulated_network& net, int domain, int status_flags, std::size_t buffer) noexcept
    : simulated_socket(net, domain, SOCK_STREAM, status_flags), buffer_(buffer) {}

// Who closes with bytes unread, or has asked for it (SO_LINGER of zero), resets the connection; so does a listener with
// those that nobody has accepted.
simulated_stream::~simulated_stream() {
    for (const auto& waiting : queue_)
        waiting->hang_up(true);
    if (in_ == nullptr) return;
    bool lingers_not_at_all = false;
    if (const auto set = options_.find({SOL_SOCKET, SO_LINGER}); set != options_.end() && is_ip()) {
        linger how{};
        std::memcpy(&how, set->second.data(), std::min(sizeof how, set->second.size()));
        lingers_not_at_all = how.l_onoff != 0 && how.l_linger == 0;
    }
    hang_up(in_->size() != 0 || lingers_not_at_all);
}

void simulated_stream::hang_up(bool by_reset) noexcept {
    if (in_ == nullptr) return;
    in_->refused = true;
    if (by_reset && !out_->broken) {
        out_->error = out_->ended && is_ip() ? EPIPE : ECONNRESET;
        out_->broken = in_->broken = true;
    } else {
        out_->ended = true;
    }
}

void simulated_stream::join(simulated_stream& a, simulated_stream& b) {
    a.in_ = b.out_ = std::make_shared<simulated_bytes>(a.buffer_);
    b.in_ = a.out_ = std::make_shared<simulated_bytes>(b.buffer_);
}

long simulated_stream::listen(int backlog) {
    if (in_ != nullptr) return -EINVAL;
    if (key.empty()) {
        if (!is_ip()) return -EINVAL;
        std::string any(domain() == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6), '\0');
        const auto family = static_cast<sa_family_t>(domain());
        std::memcpy(any.data(), &family, sizeof family);
        net_.bind(*this, net_.place_of(SOCK_STREAM, any));
    }
    if (!is_listening() && net_.is_taken(*this)) return -EADDRINUSE;
    backlog_ = std::clamp(backlog, 0, 4096);
    was_shut_ = false;
    return 0;
}

long simulated_stream::connect(const simulated_place& to) {
    if (in_ != nullptr || is_listening()) return -EISCONN;
    auto* const found = dynamic_cast<simulated_stream*>(net_.find(to, true));
    if (found == nullptr) return -ECONNREFUSED;
    if (found->queue_.size() > static_cast<std::size_t>(found->backlog_)) return -EAGAIN;
    bind_towards(to.name);
    auto other = std::make_shared<simulated_stream>(net_, domain(), O_RDWR, found->buffer_);
    join(*this, *other);
    peer = to.name;
    other->options_ = found->options_;
    other->local = to.name;
    other->peer = local;
    found->queue_.push_back(std::move(other));
    return 0;
}

std::pair<long, std::shared_ptr<simulated_socket>> simulated_stream::accept() {
    if (!is_listening()) return {-EINVAL, nullptr};
    if (queue_.empty()) return {-EAGAIN, nullptr};
    auto next = std::move(queue_.front());
    queue_.pop_front();
    return {0, std::move(next)};
}

long simulated_stream::send(simulated_parts from, std::size_t most, int, const simulated_place* to,
                            const simulated_descriptors& files) {
    if (out_ == nullptr) return is_ip() ? -EPIPE : -ENOTCONN;
    if (to != nullptr && !is_ip()) return -EISCONN;
    if (in_->error != 0 && is_ip()) return -take_error();
    if (out_->ended || out_->broken || in_->broken) return -EPIPE;
    const std::size_t size = std::min(size_of(from), most);
    if (size == 0) return 0;
    if (out_->refused) {
        if (!is_ip()) return -EPIPE;
        // The bytes go out, and the answer is a reset: the next operation hears of it.
        in_->error = in_->ended ? EPIPE : ECONNRESET;
        in_->broken = out_->broken = true;
        return static_cast<long>(size);
    }
    if (out_->room() == 0) return -EAGAIN;
    if (!files.empty()) out_->attach(files);
    return static_cast<long>(out_->put(from, size));
}

long simulated_stream::receive(simulated_parts to, std::size_t most, int flags, simulated_envelope& with) {
    if (in_ == nullptr) return is_ip() ? -ENOTCONN : -EINVAL;
    if ((flags & MSG_OOB) != 0) return -EINVAL;
    if (size_of(to) == 0) return 0;
    if (in_->size() != 0) return static_cast<long>(in_->take(to, most, (flags & MSG_PEEK) != 0, &with.files));
    if (in_->ended && is_ip()) return 0;
    if (in_->error != 0) return -take_error();
    return in_->ended || in_->broken || was_shut_ ? 0 : -EAGAIN;
}

long simulated_stream::shutdown(int how) {
    if (how != SHUT_RD && how != SHUT_WR && how != SHUT_RDWR) return -EINVAL;
    if (is_listening() && how != SHUT_WR) {
        backlog_ = -1;
        for (const auto& waiting : queue_)
            waiting->hang_up(true);
        queue_.clear();
        return 0;
    }
    if (in_ == nullptr || (in_->broken && is_ip())) return is_ip() ? -ENOTCONN : 0;
    if (how != SHUT_RD) out_->ended = true;
    if (how != SHUT_WR) {
        was_shut_ = true;
        if (!is_ip()) in_->refused = true;
    }
    return 0;
}

// Our own bytes are lost with the connection; the other end still has what had arrived.
long simulated_stream::reset() {
    if (in_ == nullptr) return -ENOTCONN;
    in_->clear();
    in_->broken = out_->broken = true;
    out_->error = ECONNRESET;
    return -ECONNRESET;
}

int simulated_stream::take_error() noexcept {
    return in_ != nullptr ? std::exchange(in_->error, 0) : 0;
}

short simulated_stream::poll() const noexcept {
    if (is_listening()) return queue_.empty() ? 0 : POLLIN;
    if (in_ == nullptr) return POLLOUT | POLLHUP;
    int events = 0;
    const bool nothing_more = in_->ended || in_->broken || was_shut_;
    if (in_->size() != 0 || nothing_more) events |= POLLIN;
    if (nothing_more) events |= POLLRDHUP;
    if (out_->room() != 0 || out_->refused || out_->ended || out_->broken) events |= POLLOUT;
    if (in_->error != 0) events |= POLLERR;
    if (in_->broken || (in_->ended && (out_->ended || (!is_ip() && out_->refused)))) events |= POLLHUP;
    return static_cast<short>(events);
}

}  // namespace coil::ring
