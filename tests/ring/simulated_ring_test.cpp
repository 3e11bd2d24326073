// SPDX-License-Identifier: BSL-1.0
// What the simulated side does beyond the seam: its clock, its seed, its pressure.
#include <coil/runtime/ring/simulated_ring.hpp>

#include "sides.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>
#include <string>

using namespace ring_test;
using coil::ring::simulated_ring;
using coil::ring::simulation_options;

namespace {

// A program with every race that the ring has; its trace is the order of its completions.
std::string trace(const simulation_options& options) {
    simulated_ring r(options);
    test_pipe p(r);
    std::string seen;
    std::array<char, 64> to{};
    std::array<__kernel_timespec, 8> after{};
    for (int round = 0; round < 20; ++round) {
        for (std::uint64_t i = 0; i < 4; ++i)
            take_nop(r, tag(i));
        for (std::uint64_t i = 0; i < 4; ++i)
            take_read(r, p.reader(), &to[i], 1, tag(10 + i));
        for (std::uint64_t i = 0; i < 2; ++i)
            take_write(r, p.writer(), "xy", 2, tag(20 + i));
        for (std::uint64_t i = 0; i < 4; ++i) {
            after[i] = {0, static_cast<long long>(1000 * (1 + i / 2))};
            take_timeout(r, after[i], tag(30 + i));
        }
        take_cancel(r, tag(10), tag(40));
        take_cancel(r, tag(32), tag(41));
        for (std::size_t left = 16; left > 0;) {
            const time_point deadline = r.clock() + std::chrono::milliseconds(1);
            r.submit_and_wait(deadline);
            for (const auto& c : reap(r)) {
                seen += std::to_string(c.user_data) + ":" + std::to_string(c.res) + " ";
                --left;
            }
        }
        while (r.now(call::read(p.reader(), to.data(), 64)) > 0) {}
    }
    return seen + std::to_string(r.clock().time_since_epoch().count());
}

}  // namespace

TEST_CASE("the same seed gives the same trace, another seed another") {
    std::set<std::string> traces;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const simulation_options options{.seed = seed, .linger = 200};
        const std::string first = trace(options);
        CHECK(first == trace(options));
        traces.insert(first);
    }
    CHECK(traces.size() == 50);
}

TEST_CASE("small queues and refusals change no result of a program without races") {
    for (const bool refuse : {false, true}) {
        for (const unsigned size : {1U, 2U, 8U}) {
            simulated_ring r(
                {.submission_entries = size, .completion_entries = size, .refuse_when_overflowed = refuse});
            for (std::uint64_t i = 0; i < 300; ++i)
                take_nop(r, tag(i));
            std::set<std::uint64_t> seen;
            for (const auto& c : wait_for(r, 300))
                seen.insert(c.user_data);
            CHECK(seen.size() == 300);
            CHECK(r.in_flight() == 0);
        }
    }
}

TEST_CASE("the clock jumps to what happens next, and stands still otherwise") {
    simulated_ring r;
    const time_point start = r.clock();
    for (int i = 0; i < 100; ++i) {
        take_nop(r, tag(0));
        wait_for(r, 1);
    }
    CHECK(r.clock() == start);
    __kernel_timespec year{31'536'000, 0}, day{86'400, 0}, two_years{2 * 31'536'000, 0};
    take_timeout(r, year, tag(1));
    take_timeout(r, day, tag(2));
    take_timeout(r, two_years, tag(3));
    CHECK(wait_for(r, 1)[0].user_data == tag(2));
    CHECK(r.clock() == start + std::chrono::hours(24));
    const time_point deadline = start + std::chrono::hours(48);
    r.submit_and_wait(deadline);
    CHECK(reap(r).empty());
    CHECK(r.clock() == deadline);
    CHECK(wait_for(r, 1)[0].user_data == tag(1));
    CHECK(r.clock() == start + std::chrono::hours(24 * 365));
    CHECK(r.time(r.stamp()) == r.clock());
}

TEST_CASE("an absolute timeout that has passed completes without moving the clock") {
    simulated_ring r;
    const time_point start = r.clock();
    __kernel_timespec past{1, 0};
    io_uring_sqe& e = r.take();
    io_uring_prep_timeout(&e, &past, 0, IORING_TIMEOUT_ABS);
    e.user_data = tag(0);
    CHECK(wait_for(r, 1)[0].res == -ETIME);
    CHECK(r.clock() == start);
}

TEST_CASE("completions of one batch come in more than one order over the seeds") {
    std::set<std::vector<std::uint64_t>> orders;
    for (std::uint64_t seed = 0; seed < 200; ++seed) {
        simulated_ring r({.seed = seed});
        for (std::uint64_t i = 0; i < 3; ++i)
            take_nop(r, tag(i));
        std::vector<std::uint64_t> order;
        for (const auto& c : wait_for(r, 3))
            order.push_back(c.user_data);
        orders.insert(order);
    }
    CHECK(orders.size() == 6);
}

TEST_CASE("a cancel races with what it cancels, and the seed decides") {
    std::set<std::pair<int, int>> outcomes;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        simulated_ring r({.seed = seed});
        test_pipe p(r);
        char to = 0;
        REQUIRE(r.now(call::write(p.writer(), "x", 1)) == 1);
        take_read(r, p.reader(), &to, 1, tag(1));
        take_cancel(r, tag(1), tag(2));
        int read = 0, cancel = 0;
        for (const auto& c : wait_for(r, 2))
            (c.user_data == tag(1) ? read : cancel) = c.res;
        outcomes.emplace(read, cancel);
        CHECK(to == (read == 1 ? 'x' : '\0'));
    }
    CHECK(outcomes == std::set<std::pair<int, int>>{{1, -EALREADY}, {-ECANCELED, 0}});
}

TEST_CASE("a full pipe lets a write wait, and moves what fits") {
    simulated_ring r;
    test_pipe p(r);
    const std::string much(100'000, 'a');
    CHECK(r.now(call::write(p.writer(), much.data(), much.size())) == 65536);
    CHECK(r.now(call::write(p.writer(), "b", 1)) == -EAGAIN);
    take_write(r, p.writer(), "b", 1, tag(1));
    r.submit_and_wait(at_once);
    CHECK(reap(r).empty());
    CHECK(r.in_flight() == 1);
    std::string to(100'000, '\0');
    CHECK(r.now(call::read(p.reader(), to.data(), to.size())) == 65536);
    CHECK(wait_for(r, 1)[0].res == 1);
    CHECK(r.now(call::read(p.reader(), to.data(), 10)) == 1);
    CHECK(to[0] == 'b');
}

TEST_CASE("what it cannot simulate it refuses") {
    simulated_ring r;
    CHECK(r.now(call::inotify()) == -ENOSYS);
    CHECK_FALSE(r.has(coil::ring::feature::send_message));
    __kernel_timespec t{};
    io_uring_sqe& e = r.take();
    io_uring_prep_timeout(&e, &t, 5, 0);  // after five completions
    e.user_data = tag(1);
    CHECK(wait_for(r, 1)[0].res == -EINVAL);
}
