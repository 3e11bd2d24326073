// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/run_state.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;

TEST_CASE("a loop is lent again after its run, and a call that came too late is not lost on it") {
    coil::loop* first = nullptr;
    static int calls;
    calls = 0;
    {
        coil::lent_loop l;
        first = &*l;
    }
    first->post(*new coil::job([](coil::job& j) noexcept {
        ++calls;
        delete &j;
    }));
    CHECK(calls == 0);
    {
        coil::lent_loop l;  // makes the call before anything else
        CHECK(&*l == first);
        CHECK(calls == 1);
    }
}

TEST_CASE("asked to stop, a run stops everything and ends") {
    auto body = []() -> coil::task<> {
        auto& state = static_cast<coil::run_state&>(coil::this_thread.current->root->owner().run());
        auto waits = []() -> coil::task<> { co_await coil::sleep_for(1h); };
        auto other = coil::spawn(waits(), {.daemon = true});
        state.ask_to_stop();
        co_await coil::sleep_for(1h);
    };
    bool stopped = false;
    try {
        coil::run(body());
    } catch (const coil::cancelled&) {
        stopped = true;
    }
    CHECK(stopped);
}

TEST_CASE("from outside, nothing is spawned while there is no run, and the frame stays the caller's") {
    auto work = []() -> coil::task<> { co_return; };
    auto t = work();
    const auto frame = t.release();
    CHECK(coil::run_state::spawn_from_outside(frame.promise(), frame, coil::place::current()) == nullptr);
    frame.destroy();
}
