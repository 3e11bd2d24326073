// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/io_home.hpp>

#include <coil/runtime/ring/simulated_files.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <stdexcept>

using namespace ring_test;
using coil::ring::call_here;
using coil::ring::io_home_for;
using coil::ring::keeper_here;

TEST_CASE("the loop of this thread comes before the pool's, and nothing is an error") {
    auto r = simulated_side::make();
    auto s = simulated_side::make();
    driver mine(*r), pools(*s);
    const coil::branch b;
    CHECK_THROWS_AS(io_home_for(b), std::logic_error);
    coil::ring::io_home_of_pool = &pools.io();
    CHECK(&io_home_for(b) == &pools.io());
    coil::ring::this_io_home = &mine.io();
    CHECK(&io_home_for(b) == &mine.io());
    coil::ring::this_io_home = nullptr;
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE("a call outside of any loop is the kernel's, inside of a simulation the simulation's") {
    std::array<int, 2> ends{};
    REQUIRE(call_here(call::pipe(ends.data())) == 0);
    CHECK(keeper_here() == nullptr);
    CHECK(fcntl(ends[0], F_GETFD) == FD_CLOEXEC);
    auto kernel = kernel_side::make();
    for (const int fd : ends)
        kernel->close(fd);

    auto r = simulated_side::make();
    driver d(*r);
    coil::ring::this_io_home = &d.io();
    auto s = simulated_side::make();
    driver pools(*s);
    coil::ring::io_home_of_pool = &pools.io();
    REQUIRE(call_here(call::pipe(ends.data())) == 0);
    CHECK(keeper_here() == r.get());
    coil::ring::io_home_of_pool = nullptr;
    CHECK(ends[0] >= coil::ring::simulated_files::lowest);
    coil::ring::this_io_home = nullptr;
    coil::ring::io_home_of_pool_here = &pools.io();
    REQUIRE(call_here(call::pipe(ends.data())) == 0);
    CHECK(keeper_here() == s.get());
    coil::ring::io_home_of_pool_here = nullptr;
}

TEST_CASE("a thread that no run knows does not ask the loop that answers for pools, which may end meanwhile") {
    auto s = simulated_side::make();
    driver pools(*s);
    coil::ring::io_home_of_pool = &pools.io();
    std::array<int, 2> ends{};
    REQUIRE(call_here(call::pipe(ends.data())) == 0);
    CHECK(keeper_here() == nullptr);
    coil::ring::io_home_of_pool = nullptr;
    CHECK(ends[0] < coil::ring::simulated_files::lowest);
    auto kernel = kernel_side::make();
    for (const int fd : ends)
        kernel->close(fd);
}
