// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/parallel.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <list>
#include <type_traits>
#include <vector>

TEST_CASE("a grain that is given is taken, otherwise pieces are neither none nor too many") {
    CHECK(coil::chosen_grain(1000, {.grain = 7}) == 7);
    CHECK(coil::chosen_grain(0, {}) == 1);
    CHECK(coil::chosen_grain(5, {.grain = 0}) == 1);
    const std::size_t grain = coil::chosen_grain(1'000'000, {});
    CHECK(1'000'000 / grain >= 32 * coil::pool().size());
    CHECK(1'000'000 / grain <= 33 * coil::pool().size());
    CHECK_THROWS_AS((void)coil::parallel_options{.grain = -1}, std::invalid_argument);
}

TEST_CASE("a range that can be indexed is not copied, another one is") {
    std::vector<int> v{1, 2, 3};
    CHECK(&coil::indexable(v) == &v);
    std::list<int> l{1, 2, 3};
    CHECK(coil::indexable(l) == v);
}

TEST_CASE("work goes to the pool from a loop, and stays where it is on a pool") {
    auto where = []() -> coil::task<coil::executor*> { co_return coil::this_thread.here; };
    auto from_loop = [&]() -> coil::task<> {
        coil::executor* const home = coil::this_thread.here;
        CHECK(co_await coil::in_parallel(where()) == &coil::pool());
        CHECK(coil::this_thread.here == home);
    };
    coil::run(from_loop());
    coil::thread_pool own{2};
    auto from_pool = [&]() -> coil::task<> {
        co_await coil::resume_on(own);
        CHECK(co_await coil::in_parallel(where()) == &own);
    };
    coil::run(from_pool());
}
