// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/socket_options.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

namespace coil::net {

using ring::call;
using ring::call_here;

namespace {

int as_number(std::size_t bytes) noexcept {
    return static_cast<int>(std::min<std::size_t>(bytes, INT_MAX));
}

// Whole seconds, upwards: a little is not nothing.
int as_number(nanoseconds d) noexcept {
    return static_cast<int>(std::clamp<long long>(std::chrono::ceil<std::chrono::seconds>(d).count(), INT_MIN, INT_MAX));
}

}  // namespace

void socket_options::check(long result, const char* what) const {
    if (result < 0) throw_errno(static_cast<int>(-result), what, text_(name_));
}

void socket_options::set(const char* what, int level, int option, int value) const {
    check(call_here(call::setsockopt(socket_, level, option, &value, sizeof value)), what);
}

int socket_options::get(const char* what, int level, int option) const {
    int value = 0;
    unsigned size = sizeof value;
    check(call_here(call::getsockopt(socket_, level, option, &value, &size)), what);
    return value;
}

void socket_options::set_no_delay(bool on) const {
    set("set_no_delay", IPPROTO_TCP, TCP_NODELAY, on ? 1 : 0);
}
bool socket_options::no_delay() const {
    return get("no_delay", IPPROTO_TCP, TCP_NODELAY) != 0;
}

void socket_options::set_reuse_address(bool on) const {
    set("reuse_address", SOL_SOCKET, SO_REUSEADDR, on ? 1 : 0);
}
void socket_options::set_reuse_port(bool on) const {
    set("reuse_port", SOL_SOCKET, SO_REUSEPORT, on ? 1 : 0);
}

void socket_options::set_v6_only(bool on) const {
    set("v6_only", IPPROTO_IPV6, IPV6_V6ONLY, on ? 1 : 0);
}
bool socket_options::v6_only() const {
    return get("v6_only", IPPROTO_IPV6, IPV6_V6ONLY) != 0;
}

void socket_options::set_keep_alive(const keep_alive_options& how) const {
    constexpr const char* what = "set_keep_alive";
    if (how.idle != nanoseconds::zero()) set(what, IPPROTO_TCP, TCP_KEEPIDLE, as_number(how.idle));
    if (how.interval != nanoseconds::zero()) set(what, IPPROTO_TCP, TCP_KEEPINTVL, as_number(how.interval));
    if (how.count != 0) set(what, IPPROTO_TCP, TCP_KEEPCNT, how.count);
    set(what, SOL_SOCKET, SO_KEEPALIVE, how.on ? 1 : 0);
}
keep_alive_options socket_options::keep_alive() const {
    constexpr const char* what = "keep_alive";
    return {.on = get(what, SOL_SOCKET, SO_KEEPALIVE) != 0,
            .idle = std::chrono::seconds(get(what, IPPROTO_TCP, TCP_KEEPIDLE)),
            .interval = std::chrono::seconds(get(what, IPPROTO_TCP, TCP_KEEPINTVL)),
            .count = get(what, IPPROTO_TCP, TCP_KEEPCNT)};
}

void socket_options::set_send_buffer(std::size_t bytes) const {
    set("set_send_buffer", SOL_SOCKET, SO_SNDBUF, as_number(bytes));
}
std::size_t socket_options::send_buffer() const {
    return static_cast<std::size_t>(get("send_buffer", SOL_SOCKET, SO_SNDBUF));
}
void socket_options::set_receive_buffer(std::size_t bytes) const {
    set("set_receive_buffer", SOL_SOCKET, SO_RCVBUF, as_number(bytes));
}
std::size_t socket_options::receive_buffer() const {
    return static_cast<std::size_t>(get("receive_buffer", SOL_SOCKET, SO_RCVBUF));
}

void socket_options::set_linger(std::optional<any_duration> wait) const {
    const ::linger how{.l_onoff = wait ? 1 : 0, .l_linger = wait ? as_number(*wait) : 0};
    if (wait && *wait < nanoseconds::zero()) check(-EINVAL, "set_linger");
    check(call_here(call::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &how, sizeof how)), "set_linger");
}
std::optional<std::chrono::seconds> socket_options::linger() const {
    ::linger how{};
    unsigned size = sizeof how;
    check(call_here(call::getsockopt(socket_, SOL_SOCKET, SO_LINGER, &how, &size)), "linger");
    if (how.l_onoff == 0) return std::nullopt;
    return std::chrono::seconds(how.l_linger);
}

void socket_options::set_broadcast(bool on) const {
    set("set_broadcast", SOL_SOCKET, SO_BROADCAST, on ? 1 : 0);
}
bool socket_options::broadcast() const {
    return get("broadcast", SOL_SOCKET, SO_BROADCAST) != 0;
}

void socket_options::set_multicast_loop(bool on, bool v6) const {
    if (v6) set("set_multicast_loop", IPPROTO_IPV6, IPV6_MULTICAST_LOOP, on ? 1 : 0);
    else set("set_multicast_loop", IPPROTO_IP, IP_MULTICAST_LOOP, on ? 1 : 0);
}
void socket_options::set_multicast_hops(int hops, bool v6) const {
    if (v6) set("set_multicast_hops", IPPROTO_IPV6, IPV6_MULTICAST_HOPS, hops);
    else set("set_multicast_hops", IPPROTO_IP, IP_MULTICAST_TTL, hops);
}

void socket_options::join_group(const endpoint& group, unsigned interface) const {
    change_group("join_group", true, group, interface);
}
void socket_options::leave_group(const endpoint& group, unsigned interface) const {
    change_group("leave_group", false, group, interface);
}

// One call for both families: RFC 3678.
void socket_options::change_group(const char* what, bool join, const endpoint& group, unsigned interface) const {
    group_req request{};
    request.gr_interface = interface;
    std::memcpy(&request.gr_group, group.data(), group.size());
    const int level = group.is_v4() ? IPPROTO_IP : IPPROTO_IPV6;
    const int option = join ? MCAST_JOIN_GROUP : MCAST_LEAVE_GROUP;
    const long r = call_here(call::setsockopt(socket_, level, option, &request, sizeof request));
    if (r < 0) throw_errno(static_cast<int>(-r), what, to_string(group) + " of " + text_(name_));
}

}  // namespace coil::net
