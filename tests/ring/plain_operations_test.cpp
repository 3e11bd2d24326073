// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/plain_operations.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/descriptor.hpp>

#include <doctest/doctest.h>
#include <poll.h>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::nop_operation;
using coil::ring::poll_operation;
using coil::ring::timeout_operation;

TEST_CASE_TEMPLATE("a no-op ends with 0", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    int sum = 0, count = 0;
    const auto body = [&]() -> task<> {
        for (; count < 1000; ++count)
            sum += co_await nop_operation();
    };
    run(d, body());
    CHECK(count == 1000);
    CHECK(sum == 0);
}

TEST_CASE_TEMPLATE("a timeout is never early, and a negative one is over at once", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    const auto body = [&]() -> task<> {
        const time_point start = r->clock();
        const int n = co_await timeout_operation(std::chrono::milliseconds(2));
        CHECK(n == -ETIME);
        CHECK(r->clock() - start >= std::chrono::milliseconds(2));
        const int m = co_await timeout_operation(std::chrono::seconds(-5));
        CHECK(m == -ETIME);
    };
    run(d, body());
}

TEST_CASE_TEMPLATE("a poll waits until something can be read and takes nothing", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    test_pipe p(*r);
    int seen = 0;
    const auto polling = [&]() -> task<> { seen = co_await poll_operation(p.reader(), POLLIN); };
    running_task t = start(polling(), d, all);
    d.turn();
    CHECK(seen == 0);
    take_write(*r, p.writer(), "x", 1, coil::ring::ignored);
    d.until([&] { return all.running == 0; });
    CHECK(seen == POLLIN);
    char c = 0;
    take_read(*r, p.reader(), &c, 1, tag(0));
    CHECK(wait_for(*r, 1)[0].res == 1);
    CHECK(c == 'x');
}
