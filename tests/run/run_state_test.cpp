// SPDX-License-Identifier: BSL-1.0
// By which rules a run ends: whose error comes out, what becomes of the others, who is waited for.
#include <coil/runtime/run/run_state.hpp>

#include "heard.hpp"
#include "lives.hpp"

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace coil;
using namespace std::chrono_literals;
using texts = std::vector<std::string>;

namespace {

task<> throws(const char* text) {
    throw std::runtime_error(text);
    co_return;
}
task<> for_ever() { co_await sleep_for(std::chrono::hours(24 * 365)); }

}  // namespace

TEST_CASE("run: an error that nobody can take any more ends the run at that moment") {
    const heard ears;
    census all;
    auto amain = [](census& c, bool on_the_pool) -> task<> {
        const alive here(c);
        if (on_the_pool) (void)spawn_on(pool(), throws("child"));
        else (void)spawn(throws("child"));
        (void)spawn([](alive) -> task<> { co_await for_ever(); }(alive(c)));
        co_await for_ever();
    };
    for (const bool on_the_pool : {false, true}) {
        CHECK_THROWS_WITH_AS(run(amain(all, on_the_pool)), "child", std::runtime_error);
        CHECK(all.living() == 0);
    }
    CHECK(heard::suppressed().empty());
}

TEST_CASE("run: an error waits as long as a handle lives, and ends the run when that is dropped") {
    bool went_on = false;
    auto amain = [](bool& on) -> task<> {
        std::optional h(spawn(throws("child")));
        while (!h->done()) co_await yield();
        CHECK(h->state() == task_state::failed);
        on = true;
        co_await yield();
        h.reset();
        co_await for_ever();
    };
    CHECK_THROWS_WITH_AS(run(amain(went_on)), "child", std::runtime_error);
    CHECK(went_on);
}

TEST_CASE("run: an error that was taken is nobody's business") {
    const heard ears;
    run([]() -> task<> {
        auto h = spawn(throws("child"));
        CHECK_THROWS_WITH(co_await h, "child");
    }());
    CHECK(heard::suppressed().empty());
}

TEST_CASE("run: an error in a handle that outlives the run goes to the suppressed ones, once") {
    const heard ears;
    join_handle<> outside;
    run([](join_handle<>& h) -> task<> {
        h = spawn(throws("child"), {.name = "late"});
        co_return;
    }(outside));
    CHECK(outside.done());
    CHECK(outside.state() == task_state::failed);
    CHECK(heard::suppressed().empty());
    outside = {};
    CHECK(heard::suppressed() == texts{"child in late"});
}

TEST_CASE("run: a value in a handle that outlives the run dies with the handle") {
    census all;
    join_handle<alive> outside;
    run([](join_handle<alive>& h, census& c) -> task<> {
        h = spawn([](census& made) -> task<alive> { co_return alive(made); }(c));
        co_return;
    }(outside, all));
    CHECK(all.living() == 1);
    outside = {};
    CHECK(all.living() == 0);
}

TEST_CASE("run: of several errors the first in time comes out, the others are suppressed, each once") {
    const heard ears;
    SUBCASE("main's first") {
        auto amain = []() -> task<> {
            (void)spawn([]() -> task<> {
                try {
                    co_await for_ever();
                } catch (const cancelled&) {
                    throw std::runtime_error("child");
                }
            }());
            co_await yield();
            throw std::runtime_error("main");
        };
        CHECK_THROWS_WITH_AS(run(amain()), "main", std::runtime_error);
        CHECK(heard::suppressed() == texts{"child"});
    }
    SUBCASE("main's last") {
        auto amain = []() -> task<> {
            (void)spawn(throws("child"));
            try {
                co_await for_ever();
            } catch (const cancelled&) {
                throw std::runtime_error("main");
            }
        };
        CHECK_THROWS_WITH_AS(run(amain(), {.name = "m"}), "child", std::runtime_error);
        CHECK(heard::suppressed() == texts{"main in m"});
    }
    SUBCASE("two of tasks, and main's value") {
        auto amain = []() -> task<int> {
            (void)spawn(throws("one"));
            (void)spawn(throws("two"));
            co_return 1;
        };
        CHECK_THROWS_WITH_AS(run(amain()), "one", std::runtime_error);
        CHECK(heard::suppressed() == texts{"two"});
    }
}

TEST_CASE("run: stopped as a whole it ends with `cancelled`, and shields are waited for") {
    census all;
    int steps = 0;
    auto amain = [](census& c, int& n) -> task<> {
        (void)spawn([](alive, int& m) -> task<> {
            try {
                co_await for_ever();
            } catch (const cancelled&) {
                ++m;
            }
        }(alive(c), n));
        (void)spawn_on(pool(), [](alive) -> task<> { co_await for_ever(); }(alive(c)));
        co_await yield();
        static_cast<run_state&>(this_thread.current->root->owner().run()).ask_to_stop();
        co_await for_ever();
    };
    CHECK_THROWS_AS(run(amain(all, steps)), cancelled);
    CHECK(all.living() == 0);
    CHECK(steps == 1);
}

TEST_CASE("run: main may finish although the run was stopped") {
    auto amain = []() -> task<int> {
        static_cast<run_state&>(this_thread.current->root->owner().run()).ask_to_stop();
        try {
            co_await for_ever();
        } catch (const cancelled&) {
        }
        co_return 5;
    };
    CHECK(run(amain()) == 5);
}

TEST_CASE("run: a task that comes while the run is being stopped never begins") {
    bool begun = false;
    auto amain = [](bool& b) -> task<> {
        try {
            static_cast<run_state&>(this_thread.current->root->owner().run()).ask_to_stop();
            co_await for_ever();
        } catch (const cancelled&) {
        }
        (void)spawn([](bool& ran) -> task<> {
            ran = true;
            co_return;
        }(b));
    };
    run(amain(begun));
    CHECK_FALSE(begun);
}

TEST_CASE("run: a task that ends on the pool at any moment ends the run") {
    // the run must not fall asleep between looking whether it is over and hearing that its last task has ended
    auto child = [](int work) -> task<> {
        for (int i = 0; i != work; ++i) std::atomic_signal_fence(std::memory_order_seq_cst);
        co_return;
    };
    loop l;
    for (int i = 0; i != 3000; ++i)
        l.run([](auto& c, int work) -> task<> {
            (void)spawn_on(pool(), c(work));
            co_return;
        }(child, i % 1000));
}

TEST_CASE("run: a loop is lent again after its run, and a call that came too late is made before the next one") {
    loop* first = nullptr;
    int calls = 0;
    {
        lent_loop lent;
        lent_loop another;
        first = &*lent;
        CHECK(&*another != first);
    }
    first->close();
    CHECK_FALSE(first->post([&calls] { ++calls; }));
    first->open();  // as a poster that looked before the run ended
    CHECK(first->post([&calls] { ++calls; }));
    CHECK(calls == 0);
    const lent_loop again, other;
    CHECK(calls == 1);
}

TEST_CASE("run: nothing is spawned from outside while no run is alive") {
    auto t = []() -> task<> { co_return; }();
    const auto frame = t.release();
    CHECK(run_state::spawn_from_outside(frame.promise(), frame, place::current()) == nullptr);
    const task<> back(frame);
}
