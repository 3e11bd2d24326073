// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_socket.hpp>

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace coil::ring {

namespace {
constexpr std::size_t largest_udp = 65507;
constexpr std::size_t most_in_unix_queue = 10;
}  // namespace

simulated_datagram_socket::simulated_datagram_socket(simulated_network& net, int domain, int status_flags,
                                                     std::size_t buffer, double lost) noexcept
    : simulated_socket(net, domain, SOCK_DGRAM, status_flags), buffer_(buffer), lost_(lost) {}

void simulated_datagram_socket::join(simulated_datagram_socket& a, simulated_datagram_socket& b) {
    for (simulated_datagram_socket* s : {&a, &b})
        s->net_.bind(*s, {s->net_.own_key(), s->local});
    a.towards_ = {b.key, b.local};
    b.towards_ = {a.key, a.local};
    a.peer = b.local;
    b.peer = a.local;
}

// It is nobody's any more; what a Unix socket has of the peer that is gone goes too.
void simulated_datagram_socket::leave_peer() noexcept {
    towards_ = {};
    peer.clear();
    if (is_ip()) return;
    queue_.clear();
    queued_ = 0;
}

// UDP drops what finds no room, a Unix socket lets the sender wait.
bool simulated_datagram_socket::is_full(std::size_t more) const noexcept {
    if (!is_ip()) return queue_.size() > most_in_unix_queue;
    return !queue_.empty() && queued_ + more > buffer_;
}

long simulated_datagram_socket::connect(const simulated_place& to) {
    if (to.key.empty()) {  // AF_UNSPEC
        leave_peer();
        return 0;
    }
    if (!is_ip() && net_.find(to, false) == nullptr) return -ECONNREFUSED;
    bind_towards(to.name);
    towards_ = to;
    peer = to.name;
    return 0;
}

long simulated_datagram_socket::send(simulated_parts from, std::size_t, int, const simulated_place* to,
                                     const simulated_descriptors& files) {
    if (error_ != 0) return -take_error();
    if (shut_write_) return -EPIPE;
    if (to == nullptr && !has_peer()) return is_ip() ? -EDESTADDRREQ : -ENOTCONN;
    const simulated_place& target = to != nullptr ? *to : towards_;
    const std::size_t size = size_of(from);
    if (size > (is_ip() ? largest_udp : buffer_)) return -EMSGSIZE;
    if (key.empty() && is_ip()) bind_towards(net_.with_port(target.name, 0));
    auto* const receiver = dynamic_cast<simulated_datagram_socket*>(net_.find(target, false));
    const std::string source = is_ip() && net_.is_any(local) ? net_.with_port(target.name, net_.port_of(local)) : local;
    const bool known = receiver != nullptr && (!receiver->has_peer() || receiver->towards_.key == key);
    if (is_ip()) {
        if (!known && to == nullptr) error_ = ECONNREFUSED;  // the answer says that nobody is there
        if (!known || receiver->is_full(size) || net_.random().chance(lost_)) return static_cast<long>(size);
    } else {
        if (receiver == nullptr) {
            if (to == nullptr) leave_peer();
            return -ECONNREFUSED;
        }
        if (!known) return -EPERM;
        if (receiver->shut_read_) return -EPIPE;
        if (receiver->is_full(size)) return -EAGAIN;
    }
    receiver->queue_.push_back({source, gathered(from, no_limit), files});
    receiver->queued_ += size;
    return static_cast<long>(size);
}

long simulated_datagram_socket::receive(simulated_parts to, std::size_t, int flags, simulated_envelope& with) {
    if (error_ != 0) return -take_error();
    if (queue_.empty()) return shut_read_ ? 0 : -EAGAIN;
    datagram& next = queue_.front();
    const std::size_t size = next.bytes.size();
    const std::size_t moved = scatter(next.bytes.data(), size, to);
    with.from = next.from;
    with.files = next.files;
    if (moved < size) with.flags |= MSG_TRUNC;
    if ((flags & MSG_PEEK) == 0) {
        queued_ -= size;
        queue_.pop_front();
    }
    return static_cast<long>((flags & MSG_TRUNC) != 0 ? size : moved);
}

long simulated_datagram_socket::shutdown(int how) {
    if (!has_peer() && is_ip()) return -ENOTCONN;
    if (how != SHUT_WR) shut_read_ = true;
    if (how != SHUT_RD) shut_write_ = true;
    return 0;
}

short simulated_datagram_socket::poll() const noexcept {
    int events = POLLOUT;
    if (!queue_.empty() || shut_read_) events |= POLLIN;
    if (error_ != 0) events |= POLLERR;
    return static_cast<short>(events);
}

}  // namespace coil::ring
