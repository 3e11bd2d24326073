// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/op.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <stdexcept>
#include <string_view>
#include <string>

using namespace ring_test;
using coil::cancelled;
using coil::ring_op;
using coil::task;

TEST_CASE_TEMPLATE("an entry of any opcode is filled by the caller and awaited", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    test_pipe p(*r);
    std::string to(8, '\0');
    const auto body = [&]() -> task<> {
        const int written = co_await ring_op(
            [&](io_uring_sqe& e) { io_uring_prep_write(&e, p.writer(), "hello", 5, static_cast<std::uint64_t>(-1)); });
        CHECK(written == 5);
        const int read = co_await ring_op(
            [&](io_uring_sqe& e) { io_uring_prep_read(&e, p.reader(), to.data(), 8, static_cast<std::uint64_t>(-1)); });
        CHECK(read == 5);
        const int nothing = co_await ring_op([](io_uring_sqe&) {});  // zeroed: a nop
        CHECK(nothing == 0);
        const int refused = co_await ring_op([](io_uring_sqe& e) { e.opcode = 250; });
        CHECK(refused == -EINVAL);
    };
    run(d, body());
    CHECK(to.substr(0, 5) == "hello");
}

TEST_CASE_TEMPLATE("what the function throws is thrown by the await, and no entry is taken", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    bool thrown = false;
    const auto body = [&]() -> task<> {
        try {
            co_await ring_op([](io_uring_sqe&) { throw std::runtime_error("no"); });
        } catch (const std::runtime_error&) {
            thrown = true;
        }
        CHECK(r->unsubmitted() == 0);
    };
    run(d, body());
    CHECK(thrown);
}

TEST_CASE_TEMPLATE("an entry that could not complete on its own is refused", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    int refused = 0;
    const auto body = [&]() -> task<> {
        for (const unsigned flag : {IOSQE_IO_LINK, IOSQE_IO_HARDLINK, IOSQE_CQE_SKIP_SUCCESS}) {
            try {
                co_await ring_op([&](io_uring_sqe& e) { e.flags = static_cast<__u8>(flag); });
            } catch (const std::invalid_argument& x) {
                if (std::string_view(x.what()).find("op_test.cpp:") != std::string_view::npos) ++refused;
            }
        }
    };
    run(d, body());
    CHECK(refused == 3);
}

TEST_CASE_TEMPLATE("a stop cancels it", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    test_pipe p(*r);
    char c = 0;
    bool stopped = false;
    const auto body = [&]() -> task<> {
        try {
            co_await ring_op(
                [&](io_uring_sqe& e) { io_uring_prep_read(&e, p.reader(), &c, 1, static_cast<std::uint64_t>(-1)); });
        } catch (const cancelled&) {
            stopped = true;
        }
    };
    running_task t = start(body(), d, all);
    d.turn();
    t.stop();
    d.until([&] { return all.running == 0; });
    CHECK(stopped);
}

TEST_CASE("an entry that is answered twice is awaited to its last answer") {
    auto r = kernel_side::make();
    driver d(*r);
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())) == 0);
    if (!r->has(std::uint8_t{IORING_OP_SEND_ZC})) return;
    // Zero-copy is for the internet; make a pair of those.
    for (const int fd : ends)
        r->close(fd);
    const int listener = static_cast<int>(r->now(call::socket(AF_INET, SOCK_STREAM, 0)));
    sockaddr_storage address{};
    address.ss_family = AF_INET;
    unsigned size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(r->now(call::bind(listener, generic, 16)) == 0);
    REQUIRE(r->now(call::listen(listener, 1)) == 0);
    REQUIRE(r->now(call::getsockname(listener, generic, &size)) == 0);
    const int client = static_cast<int>(r->now(call::socket(AF_INET, SOCK_STREAM, 0)));
    const auto body = [&]() -> task<> {
        const int connected =
            co_await ring_op([&](io_uring_sqe& e) { io_uring_prep_connect(&e, client, generic, size); });
        CHECK(connected == 0);
        const int server =
            co_await ring_op([&](io_uring_sqe& e) { io_uring_prep_accept(&e, listener, nullptr, nullptr, 0); });
        CHECK(server >= 0);
        const std::string data(10'000, 'x');
        const int sent = co_await ring_op(
            [&](io_uring_sqe& e) { io_uring_prep_send_zc(&e, client, data.data(), data.size(), 0, 0); });
        CHECK(sent == 10'000);  // and not the 0 of the notification
        r->close(server);
    };
    run(d, body());
    r->close(client);
    r->close(listener);
    r->submit_and_wait(at_once);
    CHECK_FALSE(r->has_completions());
}
