// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/socket_operations.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/descriptor.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <string>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::accept_operation;
using coil::ring::connect_operation;
using coil::ring::descriptor;
using coil::ring::recv_operation;
using coil::ring::send_operation;

namespace {

struct listening {
    explicit listening(coil::ring::ring& r, int backlog = 16)
        : socket(static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0)))) {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        unsigned size = sizeof address;
        REQUIRE(r.now(call::bind(socket.number(), generic(), size)) == 0);
        REQUIRE(r.now(call::listen(socket.number(), backlog)) == 0);
        REQUIRE(r.now(call::getsockname(socket.number(), generic(), &size)) == 0);
    }
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address); }
    descriptor socket;
    sockaddr_in address{};
};

descriptor make_socket(coil::ring::ring& r) {
    return descriptor(static_cast<int>(r.now(call::socket(AF_INET, SOCK_STREAM, 0))));
}

int open_descriptors() {
    int count = 0;
    for (int fd = 0; fd < 1000; ++fd)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

}  // namespace

TEST_CASE_TEMPLATE("a connection is made, carries bytes and ends", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    listening l(*r);
    std::string heard(16, '\0');
    const auto serve = [&]() -> task<> {
        sockaddr_in peer{};
        unsigned size = sizeof peer;
        const int fd = co_await accept_operation(l.socket, reinterpret_cast<sockaddr*>(&peer), &size);
        REQUIRE(fd >= 0);
        CHECK(peer.sin_family == AF_INET);
        CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        descriptor s(fd);
        const int n = co_await recv_operation(s, heard.data(), heard.size());
        CHECK(n == 5);
        const int m = co_await send_operation(s, "world!", 6);
        CHECK(m == 6);
        char c = 0;
        const int end = co_await recv_operation(s, &c, 1, 0, true);
        CHECK(end == 0);
    };
    const auto ask = [&]() -> task<> {
        descriptor s = make_socket(*r);
        const int connected = co_await connect_operation(s, l.generic(), sizeof l.address);
        CHECK(connected == 0);
        const int n = co_await send_operation(s, "hello", 5);
        CHECK(n == 5);
        std::string answer(16, '\0');
        const int m = co_await recv_operation(s, answer.data(), answer.size(), 0, true);
        CHECK(answer.substr(0, static_cast<std::size_t>(m)) == "world!");
    };
    running_task a = start(serve(), d, all);
    running_task b = start(ask(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK_FALSE(all.error);
    CHECK(heard.substr(0, 5) == "hello");
}

TEST_CASE_TEMPLATE("a refused connection is a value", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    listening l(*r);
    const sockaddr_in gone = l.address;
    l.socket.reset();
    int result = 0;
    const auto body = [&]() -> task<> {
        descriptor s = make_socket(*r);
        result = co_await connect_operation(s, reinterpret_cast<const sockaddr*>(&gone), sizeof gone);
    };
    run(d, body());
    CHECK(result == -ECONNREFUSED);
}

TEST_CASE_TEMPLATE("sending to a peer that is gone is an error and no signal", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())) == 0);
    descriptor s(ends[0]);
    r->close(ends[1]);
    int result = 0;
    const auto body = [&]() -> task<> { result = co_await send_operation(s, "x", 1); };
    run(d, body());
    CHECK(result == -EPIPE);
}

TEST_CASE_TEMPLATE("an accept that a stop races with loses no connection", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    listening l(*r, 64);
    const int before = open_descriptors();
    int accepted = 0, stopped = 0;
    for (int round = 0; round < 200; ++round) {
        crowd all;
        const auto accepting = [&]() -> task<> {
            try {
                const int fd = co_await accept_operation(l.socket, nullptr, nullptr);
                CHECK(fd >= 0);
                const descriptor s(fd);
                ++accepted;
            } catch (const cancelled&) {
                ++stopped;
            }
        };
        const auto connecting = [&]() -> task<> {
            descriptor s = make_socket(*r);
            const int n = co_await connect_operation(s, l.generic(), sizeof l.address);
            CHECK(n == 0);
        };
        running_task a = start(accepting(), d, all);
        d.turn();
        running_task b = start(connecting(), d, all);
        d.turn();
        if (round % 2 == 0) r->submit_and_wait(at_once);
        a.stop();
        d.until([&] { return all.running == 0; });
    }
    CHECK(accepted + stopped == 200);
    // What no accept took still waits in the listener.
    int waiting = 0;
    for (long fd = 0; (fd = r->now(call::accept(l.socket.number()))) >= 0; ++waiting)
        r->close(static_cast<int>(fd));
    CHECK(accepted + waiting == 200);
    d.turn();
    CHECK(open_descriptors() == before);
}

TEST_CASE("off the loop what can be done at once is done at once") {
    auto r = kernel_side::make();
    driver loop(*r);
    coil::ring::io_home_of_pool = &loop.io();
    auto own = simulated_side::make();
    driver home(*own);
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())) == 0);
    descriptor a(ends[0]), b(ends[1]);
    bool done = false;
    const auto body = [&]() -> task<> {
        coil::ring::this_io_home = nullptr;  // as on a worker of a pool
        const int sent = co_await send_operation(a, "abc", 3);
        CHECK(sent == 3);
        std::string to(8, '\0');
        const int n = co_await recv_operation(b, to.data(), to.size());
        CHECK(n == 3);
        done = true;
    };
    run(home, body());  // the loop is never driven
    CHECK(done);
    CHECK(loop.posts == 0);
    coil::ring::io_home_of_pool = nullptr;
}
