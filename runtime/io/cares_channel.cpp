// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/cares_channel.hpp>

#include <coil/runtime/ring/call.hpp>
#include <coil/runtime/ring/plain_operations.hpp>

#include <sys/socket.h>
#include <sys/time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <new>
#include <system_error>

namespace coil::net {

namespace {

void expect_success(int status, const char* what) {
    if (status == ARES_SUCCESS) return;
    if (status == ARES_ENOMEM) throw std::bad_alloc();
    const std::errc code = status == ARES_EFILE ? std::errc::io_error : std::errc::invalid_argument;
    throw std::system_error(std::make_error_code(code), std::string(what) + " (" + ares_strerror(status) + ")");
}

// ---- what c-ares calls for its sockets; `user` is the ring

long with_errno(long result) noexcept {
    if (result >= 0) return result;
    errno = static_cast<int>(-result);
    return -1;
}

ring::ring& ring_of(void* user) noexcept {
    return *static_cast<ring::ring*>(user);
}

ares_socket_t open_one(int domain, int type, int protocol, void* user) {
    return static_cast<ares_socket_t>(
        with_errno(ring_of(user).now(ring::call::socket(domain, type | SOCK_NONBLOCK, protocol))));
}

int close_one(ares_socket_t fd, void* user) {
    return static_cast<int>(with_errno(ring_of(user).close(fd)));
}

int connect_one(ares_socket_t fd, const sockaddr* to, ares_socklen_t size, void* user) {
    return static_cast<int>(with_errno(ring_of(user).now(ring::call::connect(fd, to, size))));
}

ares_ssize_t receive_one(ares_socket_t fd, void* to, std::size_t size, int flags, sockaddr* from,
                         ares_socklen_t* from_size, void* user) {
    iovec part{to, size};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_name = from;
    message.msg_namelen = from != nullptr && from_size != nullptr ? *from_size : 0;
    const long count = with_errno(ring_of(user).now(ring::call::recvmsg(fd, &message, flags)));
    if (count >= 0 && from_size != nullptr) *from_size = message.msg_namelen;
    return count;
}

ares_ssize_t send_one(ares_socket_t fd, const iovec* parts, int count, void* user) {
    msghdr message{};
    message.msg_iov = const_cast<iovec*>(parts);
    message.msg_iovlen = static_cast<std::size_t>(count);
    return with_errno(ring_of(user).now(ring::call::sendmsg(fd, &message)));
}

constexpr ares_socket_functions by_ring{&open_one, &close_one, &connect_one, &receive_one, &send_one};

}  // namespace

cares_settings_kept::cares_settings_kept(const cares_settings& settings) {
    static const int library = ares_library_init(ARES_LIB_INIT_ALL);
    expect_success(library, "c-ares");
    ares_options options{};
    char first_hosts_then_servers[] = "fb";  // copied
    options.lookups = first_hosts_then_servers;
    int given = ARES_OPT_LOOKUPS;
    if (const nanoseconds patience = settings.patience; patience > nanoseconds::zero()) {
        const auto whole = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
        options.timeout = static_cast<int>(std::min<std::int64_t>(whole, 1 << 30));
        given |= ARES_OPT_TIMEOUTMS;
    }
    if (settings.tries > 0) {
        options.tries = settings.tries;
        given |= ARES_OPT_TRIES;
    }
    expect_success(ares_init_options(&channel_, &options, given), "c-ares");
    if (settings.servers.empty()) return;
    const std::string servers(settings.servers);
    const int status = ares_set_servers_ports_csv(channel_, servers.c_str());
    if (status == ARES_SUCCESS) return;
    ares_destroy(channel_);
    expect_success(status, ("name servers " + servers).c_str());
}

cares_settings_kept::~cares_settings_kept() {
    ares_destroy(channel_);
}

cares_channel::cares_channel(const cares_settings_kept& settings, ring::ring& entries) : entries_(entries) {
    expect_success(ares_dup(&channel_, settings.channel()), "c-ares");
    ares_set_socket_functions(channel_, &by_ring, &entries_);
}

cares_channel::~cares_channel() {
    ares_destroy(channel_);  // an answer that is still missing becomes ARES_EDESTRUCTION, and reaches `take`
}

void cares_channel::ask(const std::string& host, std::uint16_t port, resolve_options options) {
    ares_addrinfo_hints hints{};
    hints.ai_flags = ARES_AI_NUMERICSERV;  // or it looks the number up among the names of services
    hints.ai_family = options.family == address_family::v4   ? AF_INET
                      : options.family == address_family::v6 ? AF_INET6
                                                             : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    const std::string service = std::to_string(port);
    // to it no service is port 0, and "0" none
    ares_getaddrinfo(channel_, host.c_str(), port != 0 ? service.c_str() : nullptr, &hints, &take, this);
}

void cares_channel::take(void* to, int status, int, ares_addrinfo* list) {
    auto& self = *static_cast<cares_channel*>(to);
    self.answered_ = true;
    self.status_ = status;
    try {
        for (const ares_addrinfo_node* a = list != nullptr ? list->nodes : nullptr; a != nullptr; a = a->ai_next)
            if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
                self.found_.push_back(endpoint::from(a->ai_addr, a->ai_addrlen));
    } catch (...) {
        self.status_ = ARES_ENOMEM;
    }
    if (list != nullptr) ares_freeaddrinfo(list);
}

std::vector<cares_channel::watched> cares_channel::sockets() const {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> fds{};
    const auto bits = static_cast<unsigned>(ares_getsock(channel_, fds.data(), ARES_GETSOCK_MAXNUM));
    std::vector<watched> all;
    for (unsigned i = 0; i != ARES_GETSOCK_MAXNUM; ++i) {
        const unsigned reads = (bits >> i & 1U) != 0 ? ring::poll_in : 0;
        const unsigned writes = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1U) != 0 ? ring::poll_out : 0;
        if ((reads | writes) != 0) all.push_back({fds[i], reads | writes, 0});
    }
    return all;
}

nanoseconds cares_channel::patience() const noexcept {
    timeval left{};
    if (ares_timeout(channel_, nullptr, &left) == nullptr) return std::chrono::seconds(1);
    return std::chrono::seconds(left.tv_sec) + std::chrono::microseconds(left.tv_usec);
}

void cares_channel::look(const std::vector<watched>& sockets) {
    for (const watched& w : sockets) {
        // an error shows itself to whoever reads or writes
        const unsigned came = (w.ready & w.wanted) == w.ready ? w.ready : w.wanted;
        if (came != 0)
            ares_process_fd(channel_, (came & ring::poll_in) != 0 ? w.fd : ARES_SOCKET_BAD,
                            (came & ring::poll_out) != 0 ? w.fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // whose time has come
}

}  // namespace coil::net
