// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/run.hpp>

#include "lives.hpp"

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

using namespace coil;
using namespace std::chrono_literals;

namespace {

task<int> forty_two() { co_return 42; }
task<> nothing() { co_return; }
task<int&> reference_to(int& i) { co_return i; }
task<std::unique_ptr<int>> move_only() { co_return std::make_unique<int>(7); }
task<> throws(const char* text) {
    throw std::runtime_error(text);
    co_return;
}
task<> sleeps_for_ever(alive a) {
    (void)a;
    co_await sleep_for(std::chrono::hours(24 * 365));
}

}  // namespace

TEST_CASE("run: the value of main comes out") {
    CHECK(run(forty_two()) == 42);
    static_assert(std::is_void_v<decltype(run(nothing()))>);
    run(nothing());
    int i = 0;
    CHECK(&run(reference_to(i)) == &i);
    CHECK(*run(move_only()) == 7);
    run(sleep_for(0s));  // any awaitable
}

TEST_CASE("run: an exception of main comes out as itself") {
    CHECK_THROWS_WITH_AS(run(throws("main")), "main", std::runtime_error);
}

TEST_CASE("run: a task that was used up is refused at the line of the run") {
    auto t = forty_two();
    CHECK(run(std::move(t)) == 42);
    try {
        run(std::move(t));
        FAIL("it ran twice");
    } catch (const std::logic_error& e) {
        CHECK(std::string(e.what()).find("run_test.cpp") != std::string::npos);
    }
}

TEST_CASE("run: main's name is the run's, and it has an id") {
    run([]() -> task<> {
        CHECK(this_task::name() == "app");
        CHECK(this_task::id() != 0);
        co_return;
    }(), {.name = "app"});
}

TEST_CASE("run: waits for the other tasks when main has returned") {
    census all;
    int steps = 0;
    auto slow = [](alive a, int& n) -> task<> {
        (void)a;
        for (int i = 0; i != 10; ++i) {
            co_await yield();
            ++n;
        }
    };
    auto amain = [](auto& child, census& c, int& n) -> task<> {
        (void)spawn(child(alive(c), n));
        (void)spawn_on(pool(), child(alive(c), n));
        co_return;
    };
    // one after the other: both count in one variable
    auto first = [](auto& child, census& c, int& n) -> task<> {
        (void)spawn(child(alive(c), n));
        co_return;
    };
    run(first(slow, all, steps));
    CHECK(steps == 10);
    CHECK(all.living() == 0);
    steps = 0;
    auto second = [](auto& child, census& c, int& n) -> task<> {
        (void)spawn_on(pool(), child(alive(c), n));
        co_return;
    };
    run(second(slow, all, steps));
    CHECK(steps == 10);
    CHECK(all.living() == 0);
    (void)amain;
}

TEST_CASE("run: stops the daemons at the end, and they may still clean up") {
    census all;
    int cleaned = 0;
    auto daemon = [](alive a, int& n) -> task<> {
        (void)a;
        struct cleanup {
            int& n;
            ~cleanup() { ++n; }
        } c{n};
        for (;;) co_await sleep_for(1h);
    };
    run([](auto& d, census& c, int& n) -> task<> {
        for (int i = 0; i != 10; ++i) (void)spawn(d(alive(c), n), {.name = "daemon", .daemon = true});
        (void)spawn([](auto& made, census& also, int& m) -> task<> {
            co_await yield();
            (void)spawn(made(alive(also), m), {.daemon = true});
        }(d, c, n));
        co_return;
    }(daemon, all, cleaned));
    CHECK(cleaned == 11);
    CHECK(all.living() == 0);
}

TEST_CASE("run: a daemon that a stopped daemon leaves behind is stopped too") {
    census all;
    run([](census& c) -> task<> {
        (void)spawn([](census& also) -> task<> {
            try {
                co_await sleep_for(1h);
            } catch (const cancelled&) {
            }
            (void)spawn(sleeps_for_ever(alive(also)), {.daemon = true});
        }(c), {.daemon = true});
        co_return;
    }(all));
    CHECK(all.born() == 1);
    CHECK(all.living() == 0);
}

TEST_CASE("run: when main throws, everybody else is stopped and waited for") {
    census all;
    auto amain = [](census& c) -> task<> {
        for (int i = 0; i != 5; ++i) {
            (void)spawn(sleeps_for_ever(alive(c)));
            (void)spawn_on(pool(), sleeps_for_ever(alive(c)));
            (void)spawn(sleeps_for_ever(alive(c)), {.daemon = true});
        }
        co_await yield();
        throw std::runtime_error("main");
    };
    CHECK_THROWS_WITH_AS(run(amain(all)), "main", std::runtime_error);
    CHECK(all.born() == 15);
    CHECK(all.living() == 0);
}

TEST_CASE("run: what a task of the pool was given is destroyed before the run returns") {
    census all;
    auto child = [](slow_to_die a) -> task<> {
        (void)a;
        co_return;
    };
    const auto on_pool_of = [&](auto amain) {
        for (int i = 0; i != 200; ++i) {
            run(amain(child, all));
            REQUIRE(all.living() == 0);
        }
    };
    SUBCASE("handle dropped") {
        on_pool_of([](auto& c, census& s) -> task<> {
            (void)spawn_on(pool(), c(slow_to_die(s)));
            co_return;
        });
    }
    SUBCASE("handle awaited") {
        on_pool_of([](auto& c, census& s) -> task<> {
            auto h = spawn_on(pool(), c(slow_to_die(s)));
            co_await h;
        });
    }
    SUBCASE("main itself ends there") {
        for (int i = 0; i != 200; ++i) {
            run([](slow_to_die) -> task<> { co_await resume_on(pool()); }(slow_to_die(all)));
            REQUIRE(all.living() == 0);
        }
    }
}

TEST_CASE("run: inside a run it is refused, on the loop, on the pool and in a blocking call's home") {
    run([]() -> task<> {
        CHECK_THROWS_WITH_AS(run(nothing()), doctest::Contains("run inside a run"), std::logic_error);
        loop other;
        CHECK_THROWS_WITH_AS(other.run(nothing()), doctest::Contains("run_test.cpp"), std::logic_error);
        co_await on_pool([] { CHECK_THROWS_AS(run(nothing()), std::logic_error); });
        co_await resume_on(pool());
        CHECK_THROWS_AS(run(nothing()), std::logic_error);
    }());
    CHECK(run(forty_two()) == 42);
}

TEST_CASE("run: several go on at once, each on its thread, over one pool") {
    std::atomic<int> sum{0};
    std::vector<std::thread> threads;
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([&sum] {
            for (int i = 0; i != 20; ++i)
                sum += run([]() -> task<int> {
                    const auto here = std::this_thread::get_id();
                    const int a = co_await on_pool([] { return 1; });
                    CHECK(std::this_thread::get_id() == here);
                    auto h = spawn(forty_two());
                    co_return a + co_await h;
                }());
        });
    for (auto& t : threads) t.join();
    CHECK(sum == 4 * 20 * 43);
}

TEST_CASE("run: a `cancelled` that nothing caused comes out as an error") {
    CHECK_THROWS_AS(run([]() -> task<> {
        throw cancelled();
        co_return;
    }()), cancelled);
}

TEST_CASE("run: a pool of no workers is refused, before anything has run") {
    bool ran = false;
    auto amain = [](bool& r) -> task<> {
        r = true;
        co_return;
    };
    CHECK_THROWS_WITH_AS(run(amain(ran), {.pool_size = 0}), doctest::Contains("at least one worker"),
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(run(amain(ran), {.pool_size = -3}), doctest::Contains("-3"), std::invalid_argument);
    CHECK_FALSE(ran);
}

TEST_CASE("run: a pool of another size is made, unless another run uses it") {
    const unsigned before = pool().size();
    run([]() -> task<> {
        CHECK(pool().size() == 3);
        CHECK(co_await on_pool([] { return 5; }) == 5);
        // the other run keeps its pool
        std::thread([] { run(nothing(), {.pool_size = 2}); }).join();
        CHECK(pool().size() == 3);
    }(), {.pool_size = 3});
    run(nothing());
    CHECK(pool().size() == 3);
    run(nothing(), {.pool_size = before});
    CHECK(pool().size() == before);
}
