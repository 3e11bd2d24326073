// SPDX-License-Identifier: BSL-1.0
// `udp_socket_test` and `unix_datagram_test` show the operations on the kernel; here, what a script makes of them.
#include <coil/runtime/io/datagram_operations.hpp>

#include "../ring/driver.hpp"
#include "scripted_ring.hpp"

#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <cstring>
#include <ostream>
#include <string>

using namespace io_test;
using coil::task;
using coil::net::endpoint;

TEST_CASE("a datagram that had come when the stop came is returned, with its sender") {
    scripted_ring r;
    ring_test::driver d(r);
    ring_test::crowd all;
    coil::ring::descriptor socket(7, &r);
    const endpoint local("10.0.0.1", 53), sender("10.0.0.2", 5353);
    std::string text(4, '.');
    r.on_entry = [&](const io_uring_sqe& e) {
        if (e.opcode != IORING_OP_RECVMSG) return;
        auto* const m = reinterpret_cast<msghdr*>(e.addr);
        std::memcpy(m->msg_name, sender.data(), sender.size());
        m->msg_namelen = sender.size();
        m->msg_flags = MSG_TRUNC;
    };
    r.answers = {4};
    bool returned = false;
    const auto receives = [&]() -> task<> {
        const auto got =
            co_await coil::net::basic_receive_await<endpoint>(socket, text, local, nullptr, coil::place::current());
        returned = true;
        CHECK(got.size == 4);
        CHECK(got.from == sender);
        CHECK(got.truncated);
    };
    auto t = ring_test::start(receives(), d, all);
    d.turn();
    r.submit_and_wait(coil::time_point::min());
    t.stop();  // it has completed, and nobody has looked
    d.until([&] { return all.running == 0; });
    CHECK(returned);
}

TEST_CASE("a message is laid out where its awaiter lies at last") {
    scripted_ring r;
    ring_test::driver d(r);
    coil::ring::descriptor socket(7, &r);
    const endpoint to("10.0.0.2", 5353);
    r.on_entry = [&](const io_uring_sqe& e) {
        const auto* const m = reinterpret_cast<const msghdr*>(e.addr);
        CHECK(e.opcode == IORING_OP_SENDMSG);
        CHECK((e.msg_flags & MSG_NOSIGNAL) != 0);
        CHECK(endpoint::from(static_cast<const sockaddr*>(m->msg_name), m->msg_namelen) == to);
        CHECK(m->msg_iov->iov_len == 3);
    };
    r.answers = {3};
    std::size_t n = 0;
    const auto sends = [&]() -> task<> {
        coil::net::basic_send_await<endpoint> first(socket, "abc", to, false, coil::place::current());
        n = co_await std::move(first);
    };
    ring_test::run(d, sends());
    CHECK(n == 3);
}
