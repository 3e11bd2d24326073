// SPDX-License-Identifier: BSL-1.0
// What is particular to the side over epoll and threads; what every side promises is in the tests of the seam.
#include <coil/runtime/ring/fallback_ring.hpp>

#include "../io/temporary_folder.hpp"
#include "../sanitized.hpp"
#include "listener.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace ring_test;
using coil::ring::descriptor;
using coil::ring::fallback_options;
using coil::ring::fallback_ring;

namespace {

struct socket_pair {
    explicit socket_pair(int type = SOCK_STREAM) {
        REQUIRE(socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, ends.data()) == 0);
    }
    socket_pair(const socket_pair&) = delete;
    socket_pair& operator=(const socket_pair&) = delete;
    ~socket_pair() {
        for (int fd : ends)
            ::close(fd);
    }
    int here() const { return ends[0]; }
    int there() const { return ends[1]; }
    std::array<int, 2> ends{};
};

void take_recv(coil::ring::ring& r, int fd, void* to, std::size_t size, int flags, std::uint64_t user_data,
               bool poll_first = false) {
    io_uring_sqe& e = r.take();
    coil::ring::prepare_recv(e, fd, to, size, flags, poll_first);
    e.user_data = user_data;
}

void take_send(coil::ring::ring& r, int fd, const void* from, std::size_t size, int flags, std::uint64_t user_data) {
    io_uring_sqe& e = r.take();
    coil::ring::prepare_send(e, fd, from, size, flags);
    e.user_data = user_data;
}

bool is_blocking(int fd) {
    return (fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

}  // namespace

TEST_CASE_TEMPLATE("waiting leaves a descriptor blocking as it was", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    socket_pair s;
    test_pipe p(*r);
    std::array<char, 8> a{}, b{};
    take_read(*r, s.here(), a.data(), 8, tag(1));
    take_read(*r, p.reader(), b.data(), 8, tag(2));
    let_it_wait(*r);
    CHECK(is_blocking(s.here()));
    CHECK(is_blocking(p.reader()));
    REQUIRE(::write(s.there(), "a", 1) == 1);
    REQUIRE(::write(p.writer(), "b", 1) == 1);
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == 1);
    CHECK(is_blocking(s.here()));
    CHECK(is_blocking(p.reader()));
}

TEST_CASE_TEMPLATE("several requests of one descriptor are served in their order", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    socket_pair s;
    std::array<char, 3> to{};
    for (std::size_t i = 0; i < to.size(); ++i)
        take_recv(*r, s.here(), &to[i], 1, 0, tag(i));
    let_it_wait(*r);
    REQUIRE(::write(s.there(), "abc", 3) == 3);
    CHECK(wait_for(*r, 3).size() == 3);
    CHECK(std::string(to.data(), 3) == "abc");
}

TEST_CASE_TEMPLATE("a receive and a send of everything go on across several readinesses", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    socket_pair s;
    const std::string text(3 << 20, 'x');
    std::string to(text.size(), '.');
    take_send(*r, s.here(), text.data(), text.size(), MSG_WAITALL, tag(1));
    take_recv(*r, s.there(), to.data(), to.size(), MSG_WAITALL, tag(2));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == static_cast<int>(text.size()));
    CHECK(to == text);

    // What had come when the other side went, or when it was cancelled, counts.
    take_recv(*r, s.there(), to.data(), 8, MSG_WAITALL, tag(3));
    REQUIRE(::write(s.here(), "abc", 3) == 3);
    let_it_wait(*r);
    take_cancel(*r, tag(3), tag(4));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == (c.user_data == tag(3) ? 3 : 0));
    take_recv(*r, s.there(), to.data(), 8, MSG_WAITALL, tag(5));
    REQUIRE(::write(s.here(), "de", 2) == 2);
    let_it_wait(*r);
    REQUIRE(shutdown(s.here(), SHUT_WR) == 0);
    CHECK(wait_for(*r, 1)[0].res == 2);
}

TEST_CASE_TEMPLATE("parts of a message that were sent are not sent again", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    socket_pair s;
    std::vector<std::string> texts;
    std::vector<iovec> parts;
    std::string whole;
    for (int i = 0; i < 200; ++i)
        texts.emplace_back(10'000U, static_cast<char>('a' + i % 26));
    for (auto& t : texts) {
        parts.push_back({t.data(), t.size()});
        whole += t;
    }
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = parts.size();
    io_uring_sqe& e = r->take();
    coil::ring::prepare_sendmsg(e, s.here(), message, MSG_WAITALL);
    e.user_data = tag(1);
    std::string to(whole.size(), '.');
    take_recv(*r, s.there(), to.data(), to.size(), MSG_WAITALL, tag(2));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == static_cast<int>(whole.size()));
    CHECK(to == whole);
}

TEST_CASE_TEMPLATE("a message without waiting is answered at once", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    socket_pair s;
    char c = 0;
    take_recv(*r, s.here(), &c, 1, MSG_DONTWAIT, tag(1));
    CHECK(wait_for(*r, 1)[0].res == -EAGAIN);
}

// Of numbers that a `descriptor` owns the side believes what it has been told; a new owner must start anew.
TEST_CASE_TEMPLATE("a number that changes hands is watched anew", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    int number = -1;
    for (int round = 0; round < 5; ++round) {
        socket_pair s;
        descriptor d(fcntl(s.here(), F_DUPFD_CLOEXEC, 0));
        if (round == 0) number = d.number();
        REQUIRE(d.number() == number);
        std::array<char, 4> to{};
        for (int message = 0; message < 3; ++message) {
            take_recv(*r, number, to.data(), to.size(), 0, tag(1), true);
            let_it_wait(*r);
            REQUIRE(::write(s.there(), "abc", 3) == 3);
            CHECK(wait_for(*r, 1)[0].res == 3);
        }
        // closed with events of the old file on their way
        REQUIRE(::write(s.there(), "late", 4) == 4);
        if (round % 2 == 0) r->submit_and_wait(at_once);
        if (round == 3) ::close(d.release());
    }
}

TEST_CASE("bytes that came together with the end are not forgotten") {
    auto r = fallback_side::make();
    listener l(*r);
    for (int round = 0; round < 4; ++round) {
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
        REQUIRE(connect(client, l.generic(), sizeof l.address) == 0);
        const descriptor server(accept4(l.fd, nullptr, nullptr, SOCK_CLOEXEC));
        std::array<char, 64> to{};
        const auto receive = [&] { take_recv(*r, server.number(), to.data(), to.size(), 0, tag(1), round % 2 == 0); };
        receive();
        r->submit_and_wait(at_once);
        REQUIRE(::send(client, "abc", 3, 0) == 3);
        if (round < 2) ::shutdown(client, SHUT_WR);
        CHECK(wait_for(*r, 1)[0].res == 3);
        if (round >= 2) ::shutdown(client, SHUT_WR);
        receive();
        CHECK(wait_for(*r, 1)[0].res == 0);
        ::close(client);
    }
}

TEST_CASE("a stream that is read short of an urgent byte is read on") {
    auto r = fallback_side::make();
    listener l(*r);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(client, l.generic(), sizeof l.address) == 0);
    const descriptor server(accept4(l.fd, nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 64> to{};
    take_recv(*r, server.number(), to.data(), to.size(), 0, tag(1), true);
    let_it_wait(*r);
    REQUIRE(::send(client, "ab", 2, 0) == 2);
    REQUIRE(::send(client, "!", 1, MSG_OOB) == 1);
    REQUIRE(::send(client, "cd", 2, 0) == 2);
    std::string text;
    for (int n = wait_for(*r, 1)[0].res;; n = wait_for(*r, 1)[0].res) {
        REQUIRE(n > 0);
        text.append(to.data(), static_cast<std::size_t>(n));
        if (text.size() >= 4) break;
        take_recv(*r, server.number(), to.data(), to.size(), 0, tag(1), true);
    }
    CHECK(text == "abcd");
    ::close(client);
}

TEST_CASE_TEMPLATE("a local listener whose line is full is asked again", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    const io_test::temporary_folder f;
    const std::string name = f / "s";
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name.copy(at.sun_path, sizeof at.sun_path - 1);
    const int listener = static_cast<int>(r->now(call::socket(AF_UNIX, SOCK_STREAM, 0)));
    REQUIRE(r->now(call::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at)) == 0);
    REQUIRE(r->now(call::listen(listener, 0)) == 0);
    std::vector<int> clients;
    for (std::uint64_t i = 0; i < 4; ++i) {
        clients.push_back(static_cast<int>(r->now(call::socket(AF_UNIX, SOCK_STREAM, 0))));
        io_uring_sqe& e = r->take();
        coil::ring::prepare_connect(e, clients.back(), reinterpret_cast<sockaddr*>(&at), sizeof at);
        e.user_data = tag(i);
    }
    const std::size_t first = wait_for(*r, 1).size() + reap(*r).size();
    CHECK(first < 4);
    io_uring_sqe& e = r->take();
    coil::ring::prepare_accept_many(e, listener);
    e.user_data = tag(9);
    std::size_t connected = first, accepted = 0;
    while (connected < 4 || accepted < 4)
        for (const auto& c : wait_for(*r, 1)) {
            CHECK(c.res >= 0);
            if (c.user_data != tag(9)) {
                ++connected;
                continue;
            }
            CHECK((c.flags & IORING_CQE_F_MORE) != 0);
            ++accepted;
            r->close(c.res);
        }
    take_cancel(*r, tag(9), tag(10));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == (c.user_data == tag(9) ? -ECANCELED : 0));
    for (int c : clients) {
        CHECK(is_blocking(c));
        r->close(c);
    }
    r->close(listener);
    unlink(name.c_str());
}

TEST_CASE_TEMPLATE("a datagram to a full local receiver is sent when there is room", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    const io_test::temporary_folder f;
    const std::string name = f / "s";
    sockaddr_un at{};
    at.sun_family = AF_UNIX;
    name.copy(at.sun_path, sizeof at.sun_path - 1);
    const int receiver = static_cast<int>(r->now(call::socket(AF_UNIX, SOCK_DGRAM, 0)));
    const int sender = static_cast<int>(r->now(call::socket(AF_UNIX, SOCK_DGRAM, 0)));
    REQUIRE(r->now(call::bind(receiver, reinterpret_cast<sockaddr*>(&at), sizeof at)) == 0);
    char byte = 'x';
    iovec part{&byte, 1};
    msghdr message{};
    message.msg_name = &at;
    message.msg_namelen = sizeof at;
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    // by somebody else: what is freed of one's own is told
    const int other = static_cast<int>(r->now(call::socket(AF_UNIX, SOCK_DGRAM, 0)));
    while (r->now(call::sendmsg(other, &message)) == 1) {}
    io_uring_sqe& e = r->take();
    coil::ring::prepare_sendmsg(e, sender, message, 0);
    e.user_data = tag(1);
    let_it_wait(*r);
    REQUIRE(::recv(receiver, &byte, 1, 0) == 1);
    CHECK(wait_for(*r, 1)[0].res == 1);
    for (const int fd : {receiver, sender, other})
        r->close(fd);
    unlink(name.c_str());
}

TEST_CASE_TEMPLATE("an accept on a listener that blocks waits too", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(listen(listener, 8) == 0);
    sockaddr_in at{};
    socklen_t size = sizeof at;
    REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    io_uring_sqe& e = r->take();
    coil::ring::prepare_accept(e, listener, nullptr, nullptr);
    e.user_data = tag(1);
    let_it_wait(*r);
    const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    REQUIRE(connect(client, reinterpret_cast<sockaddr*>(&at), size) == 0);
    const int server = wait_for(*r, 1)[0].res;
    CHECK(server >= 0);
    CHECK(is_blocking(listener));
    for (int fd : {server, client, listener})
        ::close(fd);
}

TEST_CASE_TEMPLATE("SIGPIPE reaches nobody, and one that was pending stays", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    test_pipe p(*r);
    p.close_reader();
    take_write(*r, p.writer(), "x", 1, tag(1));  // the signal would end this program
    CHECK(wait_for(*r, 1)[0].res == -EPIPE);
    test_pipe full(*r);
    REQUIRE(::write(full.writer(), "x", 1) == 1);
    io_uring_sqe& e = r->take();
    coil::ring::prepare_splice(e, full.reader(), -1, p.writer(), -1, 1, 0);
    e.user_data = tag(2);
    CHECK(wait_for(*r, 1)[0].res == -EPIPE);
    CHECK(r->now(call::write(p.writer(), "x", 1)) < 0);

    sigset_t pipe, before, pending;
    sigemptyset(&pipe);
    sigaddset(&pipe, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe, &before);
    raise(SIGPIPE);
    take_write(*r, p.writer(), "x", 1, tag(3));
    CHECK(wait_for(*r, 1)[0].res == -EPIPE);
    sigpending(&pending);
    CHECK(sigismember(&pending, SIGPIPE) == 1);
    const timespec none{};
    sigtimedwait(&pipe, nullptr, &none);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

TEST_CASE_TEMPLATE("what this side does not do is refused as a value", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    const auto answer = [&](auto&& fill) {
        io_uring_sqe& e = r->take();
        io_uring_prep_nop(&e);
        fill(e);
        e.user_data = tag(1);
        return wait_for(*r, 1)[0].res;
    };
    CHECK_FALSE(r->has(std::uint8_t{IORING_OP_SEND_ZC}));
    CHECK_FALSE(r->has(std::uint8_t{IORING_OP_URING_CMD}));
    CHECK(answer([](io_uring_sqe& e) { e.opcode = IORING_OP_URING_CMD; }) == -EINVAL);
    CHECK(answer([](io_uring_sqe& e) { coil::ring::prepare_send_zero_copy(e, 0, "x", 1, 0); }) == -EINVAL);
    CHECK(answer([](io_uring_sqe& e) { coil::ring::prepare_recv_selected(e, 0, 1, 0, 0); }) == -EINVAL);
    CHECK(answer([](io_uring_sqe& e) { e.flags = IOSQE_IO_LINK; }) == -EINVAL);
    CHECK(answer([](io_uring_sqe& e) { coil::ring::prepare_read(e, 1 << 30, nullptr, 0, -1); }) == -EBADF);
    CHECK(answer([](io_uring_sqe& e) { coil::ring::prepare_poll(e, -1, POLLIN); }) == -EBADF);
}

TEST_CASE("a forked child is refused, makes a ring of its own and disturbs nobody") {
    auto r = fallback_side::make();
    socket_pair s;
    struct statx status{};
    io_uring_sqe& first = r->take();
    coil::ring::prepare_statx(first, AT_FDCWD, "/", 0, STATX_TYPE, &status);
    first.user_data = tag(1);
    REQUIRE(wait_for(*r, 1)[0].res == 0);  // there are threads
    char to = 0;
    take_recv(*r, s.here(), &to, 1, 0, tag(2));
    let_it_wait(*r);
    const pid_t child = fork();
    if (child == 0) {
        int wrong = 1;
        try {
            r->submit_and_wait(at_once);
        } catch (const std::logic_error&) {
            wrong = 0;
        }
        try {
            r->take();
            r->take();
            r->submit_and_wait(at_once);
            wrong |= 2;
        } catch (const std::logic_error&) {}
#ifndef UNDER_THREAD_SANITIZER  // it lets no forked child begin a thread
        {
            auto own = fallback_side::make();
            io_uring_sqe& e = own->take();
            coil::ring::prepare_statx(e, AT_FDCWD, "/", 0, STATX_TYPE, &status);
            e.user_data = tag(1);
            if (wait_for(*own, 1)[0].res != 0) wrong |= 4;
        }
#endif
        r.reset();
        _exit(wrong);
    }
    int status_of_child = -1;
    REQUIRE(waitpid(child, &status_of_child, 0) == child);
    CHECK(status_of_child == 0);
    REQUIRE(::write(s.there(), "x", 1) == 1);
    CHECK(wait_for(*r, 1)[0].res == 1);
}

TEST_CASE("queues of no size are refused, odd ones are rounded") {
    CHECK_THROWS_AS(fallback_ring({.submission_entries = 0}), std::invalid_argument);
    CHECK_THROWS_AS(fallback_ring({.completion_entries = 0}), std::invalid_argument);
    fallback_ring r({.submission_entries = 3, .completion_entries = 1});
    for (std::uint64_t i = 0; i < 100; ++i)
        take_nop(r, tag(i));
    CHECK(wait_for(r, 100).size() == 100);
}

TEST_CASE_TEMPLATE("timeouts end in the order of their times, whatever was cancelled between", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    std::vector<__kernel_timespec> due(100);
    const auto first = (r->clock() + std::chrono::milliseconds(2)).time_since_epoch().count();
    for (std::uint64_t i = 0; i < due.size(); ++i) {
        const auto place = i * 37 % due.size();
        const auto at = first + static_cast<long long>(place) * 1'000;
        due[i] = {at / 1'000'000'000, at % 1'000'000'000};
        io_uring_sqe& e = r->take();
        io_uring_prep_timeout(&e, &due[i], 0, IORING_TIMEOUT_ABS);
        e.user_data = tag(place);
    }
    for (std::uint64_t i = 0; i < due.size(); i += 3)
        take_cancel(*r, tag(i), coil::ring::ignored);
    std::vector<std::uint64_t> late;
    for (const auto& c : wait_for(*r, due.size())) {
        CHECK(c.res == ((c.user_data - tag(0)) % 3 == 0 ? -ECANCELED : -ETIME));
        if (c.res == -ETIME) late.push_back(c.user_data);
    }
    CHECK(std::is_sorted(late.begin(), late.end()));
    CHECK(late.size() == 66);
}

TEST_CASE_TEMPLATE("an event for a file whose number means another one takes nothing from that", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    socket_pair old;
    const int kept = fcntl(old.here(), F_DUPFD_CLOEXEC, 0);  // the file goes on, and tells of itself
    std::array<char, 4> to{};
    take_recv(*r, old.here(), to.data(), to.size(), 0, tag(1));
    let_it_wait(*r);
    const int number = old.here();
    ::close(number);
    socket_pair fresh;
    REQUIRE(dup2(fresh.here(), number) == number);
    REQUIRE(::write(fresh.there(), "new", 3) == 3);
    REQUIRE(::write(old.there(), "old", 3) == 3);
    for (int i = 0; i < 3; ++i)
        let_it_wait(*r);
    CHECK(::recv(number, to.data(), to.size(), MSG_DONTWAIT) == 3);
    take_cancel(*r, tag(1), tag(2));
    for (const auto& c : wait_for(*r, 2))
        CHECK(c.res == (c.user_data == tag(1) ? -ECANCELED : 0));
    ::close(kept);
}
