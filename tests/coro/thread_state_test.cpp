// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/thread_state.hpp>

#include "by_hand.hpp"
#include "gates.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <string>
#include <type_traits>

namespace {

using coil::task;

static_assert(std::is_trivially_destructible_v<coil::thread_state>);

TEST_CASE("transfers pass until the limit, then the handle waits for the resumer") {
    coil::thread_state& t = coil::this_thread;
    t.transfers_left = coil::transfer_limit - 1;
    t.handed_back = {};
    std::uint64_t frame = 0;  // never resumed
    const auto h = std::coroutine_handle<>::from_address(&frame);
    for (std::int32_t i = 1; i != coil::transfer_limit; ++i) {
        REQUIRE(coil::transfer(h) == h);
        REQUIRE_FALSE(t.handed_back);
    }
    CHECK(coil::transfer(h) != h);
    CHECK(t.handed_back == h);
    t.transfers_left = coil::transfer_limit - 1;
    t.handed_back = {};
}

// Where this thread's stack ends now.
[[gnu::noinline]] std::uintptr_t end_of_stack() {
    // not the address of a local: the address sanitizer puts those elsewhere
    return reinterpret_cast<std::uintptr_t>(__builtin_frame_address(0));
}

TEST_CASE("a chain of awaits uses a bounded piece of stack, however long it is") {
    struct recursion {
        static task<int> descend(int depth, std::uintptr_t& lowest) {
            lowest = std::min(lowest, end_of_stack());
            if (depth == 0) co_return 0;
            const int below = co_await descend(depth - 1, lowest);
            lowest = std::min(lowest, end_of_stack());
            co_return below + 1;
        }
    };
    const std::uintptr_t top = end_of_stack();
    std::uintptr_t short_one = top, long_one = top;
    CHECK(run_by_hand(recursion::descend(200, short_one)) == 200);
    CHECK(run_by_hand(recursion::descend(20000, long_one)) == 20000);
    // some slack for what the sanitizers put between
    CHECK(top - long_one <= (top - short_one) + 16 * 1024);
}

TEST_CASE("a chain of instant completions lets another ready node have its turn") {
    coil::manual_executor home;
    noting_owner owner;
    long awaited = 0;
    long seen_by_other = -1;
    auto instant = []() -> task<int> { co_return 1; };
    auto greedy = [&]() -> task<> {
        for (; awaited != 100000; ++awaited) (void)co_await instant();
    };
    auto other = [&]() -> task<> {
        seen_by_other = awaited;
        co_return;
    };
    spawned a(home, owner, greedy()), b(home, owner, other());
    a.start();
    b.start();
    CHECK(home.step());
    CHECK(awaited > 0);
    CHECK(awaited < 100000);
    CHECK(home.step());
    CHECK(seen_by_other == awaited);
    home.drain();
    CHECK(awaited == 100000);
}

TEST_CASE("nobody gives way when nobody waits") {
    coil::manual_executor home;
    noting_owner owner;
    auto instant = []() -> task<int> { co_return 1; };
    auto greedy = [&]() -> task<> {
        for (int i = 0; i != 100000; ++i) (void)co_await instant();
    };
    spawned a(home, owner, greedy());
    a.start();
    CHECK(home.step());
    CHECK(a->ended());
}

TEST_CASE("after giving way a branch is itself again") {
    coil::manual_executor home;
    noting_owner owner;
    auto instant = []() -> task<int> { co_return 1; };
    bool right = true;
    coil::task_record* records[2] = {};
    auto greedy = [&](int i) -> task<> {
        for (int n = 0; n != 20000; ++n) {
            (void)co_await instant();
            right = right && coil::this_thread.current == &records[i]->root_branch;
        }
    };
    spawned a(home, owner, greedy(0)), b(home, owner, greedy(1));
    records[0] = &*a;
    records[1] = &*b;
    a.start();
    b.start();
    CHECK(home.drain() > 4);
    CHECK(right);
    CHECK(a->ended());
    CHECK(b->ended());
}

TEST_CASE("run_node resumes, begins or calls, as the tag says") {
    coil::manual_executor home;
    noting_owner owner;
    struct counting : coil::job {
        counting() : job([](coil::job& j) noexcept {
            auto& self = static_cast<counting&>(j);
            self.no_branch = coil::this_thread.current == nullptr;
            ++self.calls;
        }) {}
        int calls = 0;
        bool no_branch = false;
    } j;
    coil::branch stale;
    coil::this_thread.current = &stale;
    coil::run_node(j);
    CHECK(j.calls == 1);
    CHECK(j.no_branch);
    coil::this_thread.current = nullptr;
}

}  // namespace
