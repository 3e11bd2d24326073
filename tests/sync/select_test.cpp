// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/select.hpp>

#include "../coro/by_hand.hpp"
#include "../coro/gates.hpp"
#include "said.hpp"

#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/sync/broadcast.hpp>
#include <coil/sync/latch.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/oneshot.hpp>
#include <coil/sync/queue.hpp>
#include <coil/sync/semaphore.hpp>
#include <coil/sync/watch.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <coroutine>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace {

using coil::queue;
using coil::select;
using coil::sleep_for;
using coil::task;
using namespace std::chrono_literals;

template <class T>
coil::join_handle<T> start(coil::executor& home, coil::task_owner& owner, task<T> t) {
    auto h = t.release();
    coil::task_record& r = *coil::task_record::make(h.promise(), h, home, &owner, coil::place::current());
    r.start();
    return coil::join_handle<T>(r);
}

// who arrives has counted, chosen or not; who only waits has not
static_assert(!coil::may_be_selected<decltype(std::declval<coil::latch&>().arrive_and_wait())>);
static_assert(coil::may_be_selected<decltype(std::declval<coil::latch&>().wait())>);

task<std::size_t> from_either(queue<int>& a, queue<int>& b, int& got) {
    auto r = co_await select(a.get(), b.get(), sleep_for(1s));
    if (r.index() == 0) got = std::get<0>(r).value_or(-1);
    if (r.index() == 1) got = std::get<1>(r).value_or(-1);
    co_return r.index();
}

TEST_CASE("select: takes what is ready, the first in the list, and leaves the others") {
    queue<int> a, b;
    CHECK(a.try_put(1));
    CHECK(b.try_put(2));
    int got = 0;
    CHECK(run_by_hand(from_either(a, b, got)) == 0);
    CHECK(got == 1);
    CHECK(b.size() == 1);
    CHECK(run_by_hand(from_either(a, b, got)) == 1);
    CHECK(got == 2);
}

TEST_CASE("select: what comes first while it waits is the one; the others are left without a trace") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> a, b;
    int got = 0;
    spawned h(home, owner, from_either(a, b, got));
    h.start();
    home.drain();
    CHECK(a.statistics().getters == 1);
    CHECK(b.statistics().getters == 1);
    CHECK(home.timers() == 1);
    CHECK(b.try_put(7));
    CHECK(a.try_put(8));  // the select has taken 7 already: this one is for others
    home.drain();
    CHECK(h.take() == 1);
    CHECK(got == 7);
    CHECK(a.size() == 1);
    CHECK(a.statistics().getters == 0);
    CHECK(home.timers() == 0);
    CHECK(waits_of(*h).empty());
}

TEST_CASE("select: who is behind a passed-over select in a line is served") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> a, b;
    int got = 0, other = 0;
    spawned h(home, owner, from_either(a, b, got));
    auto gets = [&]() -> task<> {
        const std::optional<int> v = co_await a.get();
        other = v.value_or(-1);
    };
    spawned behind(home, owner, gets());
    h.start();
    behind.start();
    home.drain();
    CHECK(b.try_put(1));
    CHECK(a.try_put(2));  // the select, first in this line, has been served elsewhere
    CHECK(a.empty());
    home.drain();
    CHECK(got == 1);
    CHECK(other == 2);
}

TEST_CASE("select: a timer, and then nothing was taken") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> a, b;
    int got = 0;
    spawned h(home, owner, from_either(a, b, got));
    h.start();
    home.drain();
    home.advance(1s);
    CHECK(h.take() == 2);
    CHECK(a.try_put(1));
    CHECK(a.size() == 1);
}

TEST_CASE("select: a put is one of several, and has put only if it is the one") {
    coil::manual_executor home;
    noting_owner owner;
    queue<std::shared_ptr<int>> full{1};
    queue<int> stop;
    const auto item = std::make_shared<int>(1);
    CHECK(full.try_put(nullptr));
    auto body = [&]() -> task<std::size_t> {
        auto r = co_await select(full.put(item), stop.get());
        co_return r.index();
    };
    {
        spawned h(home, owner, body());
        h.start();
        home.drain();
        CHECK(stop.try_put(1));
        home.drain();
        CHECK(h.take() == 1);
    }
    CHECK(item.use_count() == 1);
    CHECK(full.statistics().putters == 0);
    spawned h(home, owner, body());
    h.start();
    home.drain();
    (void)full.try_get();
    home.drain();
    CHECK(h.take() == 0);
    CHECK(*full.try_get() == item);
    CHECK(stop.statistics().getters == 0);
}

TEST_CASE("select: a handle's result is taken only if it is the one") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    gate door;
    auto slow = [&]() -> task<int> {
        co_await door.pass();
        co_return 5;
    };
    coil::join_handle<int> handle = start(home, owner, slow());
    auto body = [&]() -> task<std::size_t> {
        auto r = co_await select(q.get(), handle);
        if (r.index() == 1) CHECK(std::get<1>(r) == 5);
        co_return r.index();
    };
    {
        spawned h(home, owner, body());
        h.start();
        home.drain();
        CHECK(q.try_put(1));
        home.drain();
        CHECK(h.take() == 0);
    }
    spawned h(home, owner, body());
    h.start();
    home.drain();
    door.open();
    home.drain();
    CHECK(h.take() == 1);
}

TEST_CASE("select: an error of the one that was taken is its error") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> q;
    auto fails = []() -> task<int> {
        throw std::runtime_error("this one fails");
        co_return 1;
    };
    auto body = [&]() -> task<> {
        coil::join_handle<int> handle = start(home, owner, fails());
        (void)co_await select(q.get(), handle);
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(said([&] { h.take(); }) == "this one fails");
    CHECK(q.statistics().getters == 0);
}

TEST_CASE("select: a stop ends all of it, takes nothing, and what is stopped before takes nothing that is there") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> a, b;
    int got = 0;
    {
        spawned h(home, owner, from_either(a, b, got));
        h.start();
        home.drain();
        h->cancel("no");
        home.drain();
        CHECK(h->state() == coil::task_state::cancelled);
    }
    CHECK(a.statistics().getters + b.statistics().getters == 0);
    CHECK(home.timers() == 0);
    CHECK(a.try_put(1));
    bool went_on = false;
    auto body = [&]() -> task<> {
        coil::this_thread.current->root->cancel("by itself");
        (void)co_await select(a.get(), b.get());
        went_on = true;
    };
    spawned h(home, owner, body());
    h.start();
    home.drain();
    CHECK(h->state() == coil::task_state::cancelled);
    CHECK_FALSE(went_on);
    CHECK(a.size() == 1);
}

TEST_CASE("select: what had been handed over when the stop came is returned") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> a, b;
    int got = 0;
    spawned h(home, owner, from_either(a, b, got));
    h.start();
    home.drain();
    CHECK(a.try_put(3));
    h->cancel("too late");
    home.drain();
    CHECK(h->state() == coil::task_state::done);
    CHECK(got == 3);
}

TEST_CASE("select: void is monostate, a named wait stays where it is, and all kinds go together") {
    queue<int> q;
    coil::oneshot<int> one;
    coil::broadcast<int> many{2};
    coil::watch<int> value{1};
    auto body = [&]() -> task<std::size_t> {
        auto r = many.subscribe();
        auto named = q.get();
        CHECK(value.changed_blocking() == 1);
        many.send(4);
        auto v = co_await select(named, one.get(), value.changed(), q.join(), r.next());
        static_assert(std::is_same_v<decltype(v), std::variant<std::optional<int>, int, std::optional<int>, std::monostate,
                                                               std::optional<int>>>);
        co_return v.index();
    };
    CHECK(run_by_hand(body()) == 3);  // no work is open: join is ready
}

// On a loop whoever suspends goes straight to the next who is ready; an alternative does not, for the others have yet to wait.
TEST_CASE("select: where branches go straight on, nobody who is ready is lost") {
    coil::manual_executor home;
    noting_owner owner;
    queue<int> a, b;
    int got = 0;
    auto selects = [&]() -> task<> {
        coil::this_thread.turns = 8;
        const auto r = co_await select(a.get(), b.get());
        got = std::get<1>(r).value_or(-1);
    };
    auto puts = [&]() -> task<> {
        co_await coil::yield();
        co_await b.put(7);
    };
    auto first = start(home, owner, puts());
    auto second = start(home, owner, selects());
    home.drain();
    CHECK(got == 7);
    CHECK(first.done());
    CHECK(second.done());
}

TEST_CASE("select: in a loop of many rounds nothing is lost, though both queues are fed from another thread") {
    constexpr int rounds = 4000;
    queue<int> a, b{1};
    std::thread feeder([&] {
        for (int i = 0; i != rounds; ++i) i % 2 == 0 ? a.put_blocking(i) : b.put_blocking(i);
        a.close();
    });
    coil::manual_executor home;
    noting_owner owner;
    std::vector<char> seen(rounds, 0);
    std::atomic<bool> over{false};
    auto body = [&]() -> task<> {
        int left = rounds;
        while (left != 0) {
            auto r = co_await select(b.get(), a.get());
            std::optional<int> v = r.index() == 0 ? std::get<0>(r) : std::get<1>(r);
            if (v) {
                ++seen[static_cast<std::size_t>(*v)];
                --left;
            }
        }
        over = true;
    };
    spawned h(home, owner, body());
    h.start();
    while (!over)
        if (home.drain() == 0) std::this_thread::yield();
    feeder.join();
    h.take();
    CHECK(std::count(seen.begin(), seen.end(), 1) == rounds);
}

/// Does something after the waits before it were asked, and before they enter their lines.
class [[nodiscard]] meanwhile final : public coil::wait {
public:
    static constexpr bool selectable = true;
    explicit meanwhile(std::function<void()> f) : coil::wait(table), do_(std::move(f)) {}
    bool await_ready() {
        do_();
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return enter(h, [] { return true; }) ? std::noop_coroutine() : coil::transfer(h);
    }
    void await_resume() { finish(); }

private:
    static bool stop(coil::wait&) noexcept { return true; }
    static void describe(const coil::wait&, std::string& text) { text += "nothing"; }
    static constexpr coil::wait_table table{&stop, nullptr, &describe};
    std::function<void()> do_;
};

TEST_CASE("select: what comes between the asking and the waiting is seen") {
    queue<int> q{1};
    auto gets = [&]() -> task<int> {
        meanwhile put_one([&] { CHECK(q.try_put(5)); });
        auto r = co_await select(q.get(), put_one);
        co_return r.index() == 0 ? std::get<0>(r).value_or(-1) : -2;
    };
    CHECK(run_by_hand(gets()) == 5);
    CHECK(q.try_put(1));
    auto puts = [&]() -> task<std::size_t> {
        meanwhile get_one([&] { CHECK(q.try_get() == 1); });
        auto r = co_await select(q.put(2), get_one);
        co_return r.index();
    };
    CHECK(run_by_hand(puts()) == 0);
    CHECK(q.try_get() == 2);
    auto joins = [&]() -> task<std::size_t> {
        meanwhile finish([&] {
            for (int i = 0; i != 3; ++i) q.task_done();
        });
        auto r = co_await select(q.join(), finish);
        co_return r.index();
    };
    CHECK(run_by_hand(joins()) == 0);
    auto closed = [&]() -> task<bool> {
        meanwhile close([&] { q.close(); });
        auto r = co_await select(q.get(), close);
        co_return r.index() == 0 && !std::get<0>(r);
    };
    CHECK(run_by_hand(closed()));
    coil::oneshot<int> one;
    auto once = [&]() -> task<int> {
        meanwhile set([&] { one.set(3); });
        auto r = co_await select(one.get(), set);
        co_return r.index() == 0 ? std::get<0>(r) : -2;
    };
    CHECK(run_by_hand(once()) == 3);
    coil::broadcast<int> many{1};
    auto r = many.subscribe();
    auto hears = [&]() -> task<int> {
        meanwhile send([&] { many.send(4); });
        auto v = co_await select(r.next(), send);
        co_return v.index() == 0 ? std::get<0>(v).value_or(-1) : -2;
    };
    CHECK(run_by_hand(hears()) == 4);
}

// Each is held by the test at first; then a select wants it, or an item, and somebody else stands behind in its line.
template <class Hold, class Take, class Free>
void selects_what_is_held(Hold hold, Take take, Free free) {
    for (const bool item_first : {true, false}) {
        REQUIRE(hold());
        coil::manual_executor home;
        noting_owner owner;
        queue<int> q;
        bool behind_has_it = false;
        auto chooses = [&]() -> task<std::size_t> {
            auto r = co_await select(take(), q.get());
            co_return r.index();
        };
        auto stands_behind = [&]() -> task<> {
            auto held = co_await take();
            behind_has_it = true;
        };
        auto stopped = [&]() -> task<> { (void)co_await select(take(), sleep_for(1h)); };
        spawned leaves(home, owner, stopped());
        spawned h(home, owner, chooses());
        spawned behind(home, owner, stands_behind());
        leaves.start();
        h.start();
        behind.start();
        home.drain();
        leaves->cancel("it gives up");
        home.drain();
        if (item_first) CHECK(q.try_put(1));
        free();
        if (!item_first) CHECK(q.try_put(1));
        CHECK_FALSE(behind_has_it);
        home.drain();
        CHECK(h.take() == (item_first ? 1 : 0));
        CHECK(q.size() == (item_first ? 0 : 1));
        CHECK(behind_has_it);  // given back by the one that was chosen, or never taken
        auto again = [&]() -> task<std::size_t> {
            auto r = co_await select(q.get(), take());
            co_return r.index();
        };
        (void)q.try_get();
        spawned last(home, owner, again());
        last.start();
        home.drain();
        CHECK(last.take() == 1);  // it is free again
    }
}

TEST_CASE("select: a mutex is one of several, and is locked only if it is the one") {
    coil::mutex m;
    selects_what_is_held([&] { return m.try_lock(); }, [&] { return m.lock(); }, [&] { m.unlock(); });
    CHECK_FALSE(m.locked());
}

TEST_CASE("select: a semaphore is one of several, and a permit is taken only if it is the one") {
    coil::semaphore s{1};
    selects_what_is_held([&] { return s.try_acquire(); }, [&] { return s.acquire(); }, [&] { s.release(); });
    CHECK(s.available() == 1);
}

TEST_CASE("select: destroying a queue that a select has passed over is no misuse") {
    coil::manual_executor home;
    noting_owner owner;
    const said_to_log log;
    queue<int> a;
    auto b = std::make_unique<queue<int>>();
    int got = 0;
    spawned h(home, owner, from_either(a, *b, got));
    h.start();
    home.drain();
    CHECK(a.try_put(1));
    b.reset();
    home.drain();
    CHECK(h.take() == 0);
    CHECK(said_to_log::lines().empty());
}

}  // namespace
