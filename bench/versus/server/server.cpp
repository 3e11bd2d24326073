// SPDX-License-Identifier: BSL-1.0
#include "server/server.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <queue>
#include <stdexcept>
#include <string>
#include <system_error>
#include <unordered_map>

#include "child/descriptor.hpp"
#include "child/transfer.hpp"
#include "server/answer.hpp"
#include "server/lateness.hpp"
#include "work/http_message.hpp"

namespace versus {
namespace {

using clock = std::chrono::steady_clock;

void check(int result, const char* what) {
    if (result < 0) throw std::system_error(errno, std::generic_category(), what);
}

struct connection {
    descriptor socket;
    std::string text;  // the request until it is whole, then the answer
    bool answering = false;
};

// Connections are known by a number of their own: a descriptor's number returns while the timer of the connection
// that had it before may still be waiting.
struct due_answer {
    clock::time_point when;
    std::uint64_t connection;
    friend bool operator>(const due_answer& a, const due_answer& b) { return a.when > b.when; }
};

class server {
public:
    server();
    int run();

private:
    static constexpr std::uint64_t parent_key = 0;
    static constexpr std::uint64_t listener_key = 1;

    void watch(int fd, std::uint64_t key) const;
    void listen_again(bool on);
    void accept_all();
    void on_readable(std::uint64_t key);
    void answer_due();
    void close_connection(std::uint64_t key);
    [[nodiscard]] std::uint16_t port() const;

    descriptor epoll_;
    descriptor listener_;
    bool listening_ = true;
    std::uint64_t next_key_ = listener_key + 1;
    std::unordered_map<std::uint64_t, connection> connections_;
    std::priority_queue<due_answer, std::vector<due_answer>, std::greater<>> due_;
    lateness lateness_;
};

server::server() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    check(epoll_.get(), "epoll_create1");
    listener_ = descriptor(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    check(listener_.get(), "socket");
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind 127.0.0.1:0");
    check(::listen(listener_.get(), 4096), "listen on 127.0.0.1");
    watch(STDIN_FILENO, parent_key);
    watch(listener_.get(), listener_key);
}

std::uint16_t server::port() const {
    sockaddr_in address{};
    socklen_t size = sizeof address;
    check(::getsockname(listener_.get(), reinterpret_cast<sockaddr*>(&address), &size), "getsockname");
    return ntohs(address.sin_port);
}

void server::watch(int fd, std::uint64_t key) const {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = key;
    check(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

void server::listen_again(bool on) {
    if (on == listening_) return;
    listening_ = on;
    epoll_event event{};
    event.events = on ? EPOLLIN : 0u;
    event.data.u64 = listener_key;
    check(::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, listener_.get(), &event), "epoll_ctl");
}

void server::accept_all() {
    for (;;) {
        descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (!socket.open()) {
            if (errno == EINTR || errno == ECONNABORTED) continue;
            // Out of descriptors: asking again at once would spin; the next close listens again.
            if (errno == EMFILE || errno == ENFILE) return listen_again(false);
            if (errno == EAGAIN) return;
            throw std::system_error(errno, std::generic_category(), "accept");
        }
        const std::uint64_t key = next_key_++;
        watch(socket.get(), key);
        connections_.emplace(key, connection{std::move(socket), {}, false});
    }
}

void server::on_readable(std::uint64_t key) {
    const auto found = connections_.find(key);
    if (found == connections_.end()) return;
    connection& client = found->second;
    std::array<char, 4096> chunk;
    const ssize_t n = ::recv(client.socket.get(), chunk.data(), chunk.size(), 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (n <= 0) return close_connection(key);
    if (client.answering) return;
    client.text.append(chunk.data(), static_cast<std::size_t>(n));
    try {
        const auto request = parse_request(client.text);
        if (!request) return;
        planned_answer answer = answer_to(*request);
        client.text = std::move(answer.text);
        client.answering = true;
        due_.push({clock::now() + answer.delay, key});
    } catch (const std::runtime_error&) {
        close_connection(key);
    }
}

void server::answer_due() {
    while (!due_.empty()) {
        const due_answer next = due_.top();
        const auto now = clock::now();
        if (next.when > now) return;
        due_.pop();
        const auto found = connections_.find(next.connection);
        if (found == connections_.end()) continue;
        // An answer is a few hundred bytes and the only thing ever sent here, so the socket's buffer takes it whole.
        const std::string& text = found->second.text;
        (void)::send(found->second.socket.get(), text.data(), text.size(), MSG_NOSIGNAL);
        lateness_.add(now - next.when);
        close_connection(next.connection);
    }
}

void server::close_connection(std::uint64_t key) {
    connections_.erase(key);
    listen_again(true);
}

int server::run() {
    write_all(STDOUT_FILENO, fmt::format("{}\n", port()), "the port to versus");
    std::array<epoll_event, 256> events;
    for (;;) {
        timespec wait{};
        if (!due_.empty()) {
            const auto left = std::chrono::ceil<std::chrono::nanoseconds>(due_.top().when - clock::now()).count();
            if (left > 0) wait = {left / 1'000'000'000, left % 1'000'000'000};
        }
        const int n =
            ::epoll_pwait2(epoll_.get(), events.data(), events.size(), due_.empty() ? nullptr : &wait, nullptr);
        if (n < 0 && errno != EINTR) check(n, "epoll_pwait2");
        for (int i = 0; i < n; ++i) {
            const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
            if (key == parent_key) {
                write_all(STDOUT_FILENO, lateness_.json() + '\n', "figures to versus");
                return 0;
            }
            if (key == listener_key) {
                accept_all();
            } else {
                on_readable(key);
            }
        }
        answer_due();
    }
}

}  // namespace

int serve_delayed_answers() {
    ::prctl(PR_SET_TIMERSLACK, 1);
    // It stands for a machine of its own, which would not wait for this one's cores. Only a privileged user may ask for
    // that; the lateness tells how it went without.
    (void)::setpriority(PRIO_PROCESS, 0, -19);
    return server().run();
}

}  // namespace versus
