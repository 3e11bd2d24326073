// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/join.hpp>

#include "by_hand.hpp"
#include "counted.hpp"
#include "forked.hpp"
#include "gates.hpp"

#include <coil/runtime/base/errors.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using coil::task;
using outcome = coil::promise_base::outcome;
using rule = coil::join::rule;

// Has a lane for the rest of the step.
class with_lane final : public coil::wait {
public:
    explicit with_lane(coil::lane& l) noexcept : coil::wait(table), lane_(&l) {}
    bool await_ready() noexcept {
        coil::this_thread.forks = lane_;
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return coil::transfer(h); }
    void await_resume() noexcept {}

private:
    static constexpr coil::wait_table table{[](coil::wait&) noexcept { return false; }, nullptr,
                                            [](const coil::wait&, std::string&) {}};
    coil::lane* lane_;
};

struct fixture {
    coil::manual_executor home;
    noting_owner owner;
    std::string log;
    gate g;
    open_lane lane;
    coil::fork_slot* stolen = nullptr;

    task<int> writes(char name, int value) {
        log += name;
        co_return value;
    }
    task<int> waits(char name, int value) {
        log += name;
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            log += '!';
            throw;
        }
        log += static_cast<char>(name - 'a' + 'A');
        co_return value;
    }
    task<int> throws(char name) {
        log += name;
        throw std::runtime_error(std::string(1, name));
        co_return 0;
    }
    task<int> throws_nothing(gate& when) {
        co_await when.pass();
        co_return 5;
    }
    task<int> throws_late(char name, gate& when) {
        log += name;
        co_await when.pass();
        throw std::runtime_error(std::string(1, name));
    }
};

std::string message(const child_end& c) {
    try {
        std::rethrow_exception(c.thrown);
    } catch (const std::exception& e) {
        return e.what();
    } catch (const coil::cancelled&) {
        return "cancelled";
    }
}

TEST_CASE_FIXTURE(fixture, "children begin in their order and the parent goes on when all have ended") {
    for (const bool laned : {false, true}) {
        log.clear();
        auto body = [&]() -> task<int> {
            if (laned) co_await with_lane(lane);
            const fork_end end = co_await forked(rule::all, children(writes('a', 1), writes('b', 2), writes('c', 3)));
            log += '.';
            co_return end.children[0].value * 100 + end.children[1].value * 10 + end.children[2].value;
        };
        CHECK(run_by_hand(home, body()) == 123);
        CHECK(log == "abc.");
    }
    CHECK(lane.size() == 0);
    CHECK(lane.stolen() == 0);
}

TEST_CASE_FIXTURE(fixture, "one child needs no queue") {
    for (const bool laned : {false, true}) {
        auto body = [&]() -> task<int> {
            if (laned) co_await with_lane(lane);
            const fork_end end = co_await forked(rule::all, children(writes('a', 7)));
            co_return end.children[0].value;
        };
        spawned h(home, owner, body());
        h.start();
        CHECK(home.drain() == 1);
        CHECK(h.take() == 7);
    }
}

TEST_CASE_FIXTURE(fixture, "children that wait all wait at the same time") {
    for (const bool laned : {false, true}) {
        log.clear();
        auto body = [&]() -> task<int> {
            if (laned) co_await with_lane(lane);
            const fork_end end = co_await forked(rule::all, children(waits('a', 1), waits('b', 2), waits('c', 3)));
            int sum = 0;
            for (const child_end& c : end.children) sum = sum * 10 + c.value;
            co_return sum;
        };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        // the first child suspended: the others lie in the lane, where the owner of a lane or a thief finds them
        while (coil::fork_slot* s = laned ? lane.pop() : nullptr) {
            struct step : coil::job {
                explicit step(coil::fork_slot& f) : job(&go), slot(&f) {}
                static void go(coil::job& j) noexcept {
                    coil::resume(coil::join::begin_detached(*static_cast<step&>(j).slot));
                }
                coil::fork_slot* slot;
            } begin(*s);
            home.post(begin);
            home.drain();
        }
        CHECK(g.waiting() == 3);
        CHECK(log == "abc");
        CHECK_FALSE(h->ended());
        g.open();
        home.drain();
        CHECK(h.take() == 123);
    }
}

TEST_CASE_FIXTURE(fixture, "under all, the first failure stops the others and is remembered") {
    gate late;
    auto body = [&]() -> task<fork_end> {
        co_return co_await forked(rule::all, children(waits('a', 1), throws_late('b', late), waits('c', 3)));
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(g.waiting() == 2);
    late.open();
    home.drain();
    CHECK(g.waiting() == 0);
    CHECK(log == "abc!!");
    const fork_end end = h.take();
    CHECK(end.first_error == 1);
    CHECK(end.winner == -1);
    CHECK(end.children[0].how == outcome::stopped);
    CHECK(end.children[1].how == outcome::error);
    CHECK(message(end.children[1]) == "b");
    CHECK(end.children[2].how == outcome::stopped);
    CHECK(h->stopping == 0);  // the region is closed
    CHECK(h->state() == coil::task_state::done);
}

TEST_CASE_FIXTURE(fixture, "children that nobody has begun are not begun after a failure") {
    for (const bool laned : {false, true}) {
        counted::reset();
        log.clear();
        auto with_argument = [&](counted, char name) -> task<int> {
            log += name;
            co_return 0;
        };
        auto body = [&]() -> task<fork_end> {
            if (laned) co_await with_lane(lane);
            co_return co_await forked(rule::all, children(writes('a', 1), throws('b'), with_argument(counted(1), 'c'),
                                                          with_argument(counted(2), 'd')));
        };
        const fork_end end = run_by_hand(home, body());
        CHECK(log == "ab");
        CHECK(end.first_error == 1);
        CHECK(end.children[0].how == outcome::value);
        CHECK(end.children[0].value == 1);
        CHECK(end.children[2].how == outcome::stopped);
        CHECK_FALSE(end.children[2].thrown);
        CHECK(end.children[3].how == outcome::stopped);
        CHECK(counted::living == 0);
        CHECK(counted::begun != 0);
        CHECK(counted::mistakes == 0);
    }
    CHECK(lane.size() == 0);
}

TEST_CASE_FIXTURE(fixture, "a later failure is there beside the first one") {
    gate late;
    auto second = [&]() -> task<int> {
        try {
            co_await g.pass();
        } catch (const coil::cancelled&) {
            throw std::runtime_error("on the way out");
        }
        co_return 0;
    };
    auto body = [&]() -> task<fork_end> {
        co_return co_await forked(rule::all, children(second(), throws_late('b', late)));
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    late.open();
    home.drain();
    const fork_end end = h.take();
    CHECK(end.first_error == 1);
    CHECK(message(end.children[0]) == "on the way out");
    CHECK(message(end.children[1]) == "b");
}

TEST_CASE_FIXTURE(fixture, "a child that throws cancelled although nothing stopped it has failed") {
    auto lies = []() -> task<int> {
        throw coil::cancelled();
        co_return 0;
    };
    auto body = [&]() -> task<fork_end> { co_return co_await forked(rule::all, children(waits('a', 1), lies())); };
    const fork_end end = run_by_hand(home, body());
    CHECK(end.first_error == 1);
    CHECK(log == "a!");
}

TEST_CASE_FIXTURE(fixture, "under any, the first end wins, value or error, and stops the others") {
    for (const bool error : {false, true}) {
        log.clear();
        gate first;
        auto wins = [&]() -> task<int> {
            co_await first.pass();
            if (error) throw std::runtime_error("first");
            co_return 4;
        };
        auto body = [&]() -> task<fork_end> {
            co_return co_await forked(rule::any, children(waits('a', 1), wins(), waits('c', 3)));
        };
        spawned h(home, owner, body());
        h.start();
        home.drain();
        first.open();
        home.drain();
        const fork_end end = h.take();
        CHECK(end.winner == 1);
        CHECK(end.first_error == -1);
        CHECK(end.children[1].how == (error ? outcome::error : outcome::value));
        CHECK(end.children[0].how == outcome::stopped);
        CHECK(end.children[2].how == outcome::stopped);
        CHECK(log == "ac!!");
    }
}

TEST_CASE_FIXTURE(fixture, "under any, a child that is ready at once spares the others their beginning") {
    for (const bool laned : {false, true}) {
        log.clear();
        auto body = [&]() -> task<fork_end> {
            if (laned) co_await with_lane(lane);
            co_return co_await forked(rule::any, children(writes('a', 1), writes('b', 2), writes('c', 3)));
        };
        const fork_end end = run_by_hand(home, body());
        CHECK(end.winner == 0);
        CHECK(log == "a");
        CHECK(end.children[1].how == outcome::stopped);
        CHECK(end.children[2].how == outcome::stopped);
    }
    CHECK(lane.size() == 0);
}

TEST_CASE_FIXTURE(fixture, "under each, nobody stops anybody") {
    auto body = [&]() -> task<fork_end> {
        co_return co_await forked(rule::each, children(throws('a'), waits('b', 2), throws('c')));
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(g.waiting() == 1);
    g.open();
    home.drain();
    const fork_end end = h.take();
    CHECK(log == "abcB");
    CHECK(end.winner == -1);
    CHECK(end.first_error == -1);
    CHECK(end.children[0].how == outcome::error);
    CHECK(end.children[1].value == 2);
    CHECK(end.children[2].how == outcome::error);
}

TEST_CASE_FIXTURE(fixture, "a stop from outside reaches every child, and is no failure of theirs") {
    auto body = [&]() -> task<fork_end> {
        co_return co_await forked(rule::all, children(waits('a', 1), waits('b', 2)));
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    h->cancel("");
    home.drain();
    CHECK(log == "ab!!");
    const fork_end end = h.take();
    CHECK(end.first_error == -1);
    CHECK(end.children[0].how == outcome::stopped);
    CHECK(end.children[1].how == outcome::stopped);
}

TEST_CASE_FIXTURE(fixture, "a stop reaches grandchildren, but not those below a shield") {
    // a shield as an awaiter: a region around the task inside
    class shielded {
    public:
        explicit shielded(task<int> t) : inside_(coil::as_awaiter(std::move(t))) {}
        shielded(shielded&& other) noexcept : inside_(std::move(other.inside_)) {}
        void attach(coil::branch& b) noexcept {
            line_ = &b;
            inside_.attach(b);
        }
        bool await_ready() noexcept { return inside_.await_ready(); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            region_.outer = line_->innermost;
            region_.shielded = true;
            line_->innermost = &region_;
            return inside_.await_suspend(h);
        }
        int await_resume() {
            line_->innermost = region_.outer;
            line_->root->closed(region_);
            return inside_.await_resume();
        }

    private:
        coil::awaiter_of<task<int>> inside_;
        coil::branch* line_ = nullptr;
        coil::region region_;
    };
    gate kept;
    auto below_shield = [&]() -> task<int> {
        const fork_end end = co_await forked(rule::all, children(throws_nothing(kept), throws_nothing(kept)));
        co_return end.children[0].value + end.children[1].value;
    };
    auto shield = [&]() -> task<int> { co_return co_await shielded(below_shield()); };
    auto inner = [&]() -> task<int> {
        const fork_end end = co_await forked(rule::all, children(waits('a', 1), waits('b', 2)));
        co_return static_cast<int>(end.children.size());
    };
    auto body = [&]() -> task<fork_end> {
        co_return co_await forked(rule::each, children(inner(), shield(), waits('c', 3)));
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(g.waiting() == 3);
    CHECK(kept.waiting() == 2);
    h->cancel("");
    home.drain();
    CHECK(g.waiting() == 0);
    CHECK(kept.waiting() == 2);
    CHECK_FALSE(h->ended());
    kept.open();
    home.drain();
    const fork_end end = h.take();
    CHECK(end.children[0].value == 2);  // its children were stopped, it was not asked
    CHECK(end.children[1].value == 10);
    CHECK(end.children[2].how == outcome::stopped);
}

TEST_CASE_FIXTURE(fixture, "a child that moved its home ends there, and the parent goes on at its own") {
    coil::manual_executor elsewhere;
    auto moves = [&](int v) -> task<int> {
        co_await move_to(elsewhere);
        log += coil::this_thread.here == &elsewhere ? 'e' : '?';
        co_return v;
    };
    for (const bool laned : {false, true}) {
        log.clear();
        auto body = [&]() -> task<int> {
            if (laned) co_await with_lane(lane);
            const fork_end end = co_await forked(rule::all, children(writes('a', 1), moves(2)));
            log += coil::this_thread.here == &home ? 'h' : '?';
            co_return end.children[0].value * 10 + end.children[1].value;
        };
        spawned h(home, owner, body());
        h->share();
        h.start();
        home.drain();
        CHECK_FALSE(h->ended());
        elsewhere.drain();
        CHECK_FALSE(h->ended());
        home.drain();
        CHECK(h.take() == 12);
        CHECK(log == "aeh");
    }
}

TEST_CASE_FIXTURE(fixture, "a thief takes the oldest child, and the line that forked goes on with what is left") {
    auto body = [&]() -> task<int> {
        co_await with_lane(lane);
        // the first child plays the thief: what it steals is the last in the order of arguments
        auto thief = [this]() -> task<int> {
            coil::fork_slot* s = lane.steal();
            stolen = s;
            log += 't';
            co_return 1;
        };
        const fork_end end = co_await forked(rule::all, children(thief(), writes('b', 2), writes('c', 3)));
        int sum = 0;
        for (const child_end& c : end.children) sum = sum * 10 + c.value;
        co_return sum;
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(log == "tb");
    CHECK_FALSE(h->ended());
    REQUIRE(stolen);
    struct step : coil::job {
        explicit step(coil::fork_slot& f) : job(&go), slot(&f) {}
        static void go(coil::job& j) noexcept { coil::resume(coil::join::begin_detached(*static_cast<step&>(j).slot)); }
        coil::fork_slot* slot;
    } begin(*stolen);
    home.post(begin);
    home.drain();
    CHECK(log == "tbc");
    CHECK(h.take() == 123);
}

TEST_CASE_FIXTURE(fixture, "children may all be posted although there is a lane") {
    auto body = [&]() -> task<int> {
        co_await with_lane(lane);
        const fork_end end =
            co_await forked(rule::all, children(writes('a', 1), writes('b', 2), writes('c', 3)), true);
        co_return end.children[2].value;
    };
    CHECK(run_by_hand(home, body()) == 3);
    CHECK(log == "abc");
}

}  // namespace
