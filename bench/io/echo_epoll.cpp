// SPDX-License-Identifier: BSL-1.0
// Echo rows: one thread over epoll, by hand.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "echo_options.hpp"

namespace {

// A message that the socket does not take at once waits here; its connection then waits for EPOLLOUT alone.
struct connection {
    int fd = -1;
    std::vector<char> unsent;
};

class server {
public:
    explicit server(echo::options o) : options_(o), buffer_(o.buffer) {
        listener_ = echo::listen(options_);
        set(EPOLL_CTL_ADD, listener_, EPOLLIN, nullptr);
    }

    [[noreturn]] void run() {
        echo::announce(options_.port);
        std::array<epoll_event, 256> events;
        for (;;) {
            const int n = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
            called();
            for (int i = 0; i < n; ++i) {
                const epoll_event& e = events[static_cast<std::size_t>(i)];
                if (e.data.ptr == nullptr) accept_one();
                else if ((e.events & EPOLLOUT) != 0) write_rest(*static_cast<connection*>(e.data.ptr));
                else read_one(*static_cast<connection*>(e.data.ptr));
            }
        }
    }

private:
    void called() { echo::add_one(options_.counts->enters); }

    void set(int what, int fd, std::uint32_t events, connection* k) {
        epoll_event e{};
        e.events = events;
        e.data.ptr = k;
        epoll_ctl(epoll_, what, fd, &e);
    }

    void accept_one() {
        const int fd = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) return;
        const int on = 1;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        auto* k = new connection;
        k->fd = fd;
        set(EPOLL_CTL_ADD, fd, EPOLLIN, k);
    }

    void read_one(connection& k) {
        const ssize_t got = read(k.fd, buffer_.data(), buffer_.size());
        called();
        if (got < 0 && errno == EAGAIN) return;
        if (got <= 0) return end(k);
        const ssize_t sent = write_some(k, buffer_.data(), static_cast<std::size_t>(got));
        if (sent < 0) return end(k);
        if (sent < got) {
            k.unsent.assign(buffer_.data() + sent, buffer_.data() + got);
            set(EPOLL_CTL_MOD, k.fd, EPOLLOUT, &k);
        }
    }

    void write_rest(connection& k) {
        const ssize_t sent = write_some(k, k.unsent.data(), k.unsent.size());
        if (sent < 0) return end(k);
        k.unsent.erase(k.unsent.begin(), k.unsent.begin() + sent);
        if (k.unsent.empty()) set(EPOLL_CTL_MOD, k.fd, EPOLLIN, &k);
    }

    ssize_t write_some(connection& k, const char* from, std::size_t size) {
        const ssize_t sent = send(k.fd, from, size, MSG_NOSIGNAL);
        called();
        return sent < 0 && errno == EAGAIN ? 0 : sent;
    }

    static void end(connection& k) {
        close(k.fd);
        delete &k;
    }

    echo::options options_;
    int epoll_ = epoll_create1(EPOLL_CLOEXEC);
    int listener_ = -1;
    std::vector<char> buffer_;
};

}  // namespace

int main(int argc, char** argv) {
    server s(echo::parse(argc, argv));
    s.run();
}
