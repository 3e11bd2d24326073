// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/close.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/file_operations.hpp>
#include <coil/runtime/ring/plain_operations.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <utility>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::close_operation;
using coil::ring::descriptor;
using coil::ring::nop_operation;
using coil::ring::read_operation;

namespace {

std::pair<descriptor, descriptor> make_pipe(coil::ring::ring& r) {
    std::array<int, 2> ends{};
    REQUIRE(r.now(call::pipe(ends.data())) == 0);
    coil::ring::ring* const keeper = r.keeps_descriptors() ? &r : nullptr;
    return {descriptor(ends[0], keeper), descriptor(ends[1], keeper)};
}

bool is_open(coil::ring::ring& r, int fd) {
    char c = 0;
    return r.now(call::read(fd, &c, 0)) != -EBADF || r.now(call::write(fd, &c, 0)) != -EBADF;
}

}  // namespace

TEST_CASE_TEMPLATE("closing waits until the number is free", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    const auto body = [&]() -> task<> {
        CHECK(co_await close_operation(ends.first) == 0);
        CHECK_FALSE(ends.first);
        CHECK_FALSE(is_open(*r, number));
        CHECK(co_await close_operation(ends.first) == 0);  // nothing left to close
    };
    run(d, body());
}

TEST_CASE_TEMPLATE("closing ends what is in flight first", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    int read = 0;
    bool read_ended = false;
    const auto reading = [&]() -> task<> {
        char c = 0;
        read = co_await read_operation(ends.first, &c, 1);
        read_ended = true;
    };
    const auto closing = [&]() -> task<> {
        const int result = co_await close_operation(ends.first);
        CHECK(result == 0);
        CHECK_FALSE(is_open(*r, number));
    };
    running_task a = start(reading(), d, all);
    d.turn();
    running_task b = start(closing(), d, all);
    d.turn();
    CHECK(r->unsubmitted() <= 1);  // the cancel, and nothing behind it yet
    b.stop();                      // does not reach it, although it has not given its entry
    d.until([&] { return all.running == 0; });
    CHECK_FALSE(is_open(*r, number));
    CHECK(read_ended);
    CHECK(read == -ECANCELED);
}

TEST_CASE_TEMPLATE("closing is done even in a stopped task, and the stop goes on", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    bool closed = false, stopped = false;
    const auto body = [&]() -> task<> {
        char c = 0;
        try {
            co_await read_operation(ends.first, &c, 1);
        } catch (const cancelled&) {
            stopped = true;
        }
        CHECK(stopped);
        closed = co_await close_operation(ends.first) == 0;
        CHECK_FALSE(is_open(*r, number));
        co_await nop_operation();
        CHECK(false);
    };
    running_task t = start(body(), d, all);
    d.turn();
    t.stop();
    d.until([&] { return all.running == 0; });
    CHECK(closed);
    CHECK(t.state() == coil::task_state::cancelled);
}

TEST_CASE_TEMPLATE("a stop while it closes does not reach it", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    bool closed = false;
    const auto closing = [&]() -> task<> { closed = co_await close_operation(ends.first) == 0; };
    running_task t = start(closing(), d, all);
    const auto stopping = [&]() -> task<> {
        CHECK(r->unsubmitted() == 1);  // its entry is given
        t.stop();
        CHECK(r->unsubmitted() == 1);  // and no cancel is asked for
        co_return;
    };
    running_task s = start(stopping(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK(closed);
    CHECK_FALSE(is_open(*r, number));
}

TEST_CASE("what closing brings to light is told once; the number is free all the same, and nobody closes it again") {
    for (const int error : {EIO, EINTR}) {
        CAPTURE(error);
        const coil::sim::planned_fault plan[] = {{.what = coil::sim::kind::close, .nth = 1, .error = error},
                                                 {.what = coil::sim::kind::close, .nth = 2, .error = error}};
        coil::ring::simulated_ring r({.plan = plan});
        driver d(r);
        auto ends = make_pipe(r);
        const int number = ends.first.number(), other = ends.second.number();
        int told = 0;
        const auto closes = [&]() -> task<> {
            told = co_await close_operation(ends.first);
            CHECK(co_await nop_operation() == 0);
        };
        run(d, closes());
        CHECK(told == -error);
        CHECK_FALSE(is_open(r, number));
        CHECK(r.close(ends.second.release()) == -error);
        CHECK_FALSE(is_open(r, other));
        CHECK(r.close(other) == -EBADF);

        const auto next = make_pipe(r);  // which have the numbers now
        CHECK(next.first.number() == number);
        CHECK(next.second.number() == other);
        ends.first.reset();
        const auto looks = [&]() -> task<> {
            CHECK(co_await close_operation(ends.first) == 0);
            CHECK(co_await nop_operation() == 0);
        };
        run(d, looks());
        CHECK(is_open(r, number));
        CHECK(is_open(r, other));
    }
}

TEST_CASE("a close that is never awaited closes all the same") {
    auto r = kernel_side::make();
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    {
        const close_operation c(ends.first);
        CHECK(is_open(*r, number));
    }
    CHECK_FALSE(is_open(*r, number));
}

TEST_CASE("a close from a pool's thread goes to the loop") {
    auto r = kernel_side::make();
    driver loop(*r);
    coil::ring::io_home_of_pool = &loop.io();
    auto own = simulated_side::make();
    driver home(*own);
    crowd all;
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    int result = -1;
    const auto body = [&]() -> task<> {
        coil::ring::this_io_home = nullptr;
        result = co_await close_operation(ends.first);
    };
    running_task t = start(body(), home, all);
    home.turn();
    CHECK(is_open(*r, number));
    while (all.running != 0) {
        loop.turn();
        home.turn();
    }
    CHECK(result == 0);
    CHECK_FALSE(is_open(*r, number));
    coil::ring::io_home_of_pool = nullptr;
}
