// SPDX-License-Identifier: BSL-1.0
// Getters and putters are stopped, or too late, at the very moment at which an item changes hands, on the loop, on the pool
// and beside a plain thread; selects lose to each other; a queue is closed under everybody. Whatever was put is got once,
// and what was stopped has put nothing.
#include "bad_day.hpp"

#include <coil/coil.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using numbers = coil::queue<long>;

// Which items went in, and which came out how often. Threads: any.
class ledger {
public:
    explicit ledger(long items) : in_(static_cast<std::size_t>(items)), out_(static_cast<std::size_t>(items)) {}
    void put(long item) { ++in_[static_cast<std::size_t>(item)]; }
    void got(long item) {
        ++out_[static_cast<std::size_t>(item)];
        ++bad_day::progress;
    }
    void judge(const std::string& what) const {
        long lost = 0, doubled = 0, from_nowhere = 0;
        for (std::size_t i = 0; i != in_.size(); ++i) {
            lost += in_[i] > out_[i];
            doubled += out_[i] > 1;
            from_nowhere += out_[i] != 0 && in_[i] == 0;
        }
        expect_equal(lost, 0L, what + ": items lost");
        expect_equal(doubled, 0L, what + ": items doubled");
        expect_equal(from_nowhere, 0L, what + ": items that nobody put");
    }

private:
    std::vector<std::atomic<int>> in_, out_;
};

std::chrono::nanoseconds a_moment(std::minstd_rand& random) {
    return std::chrono::nanoseconds(random() % 30'000);
}

// ---- getters that give up, or are stopped from elsewhere

task<> hunt(numbers& q, ledger& l, unsigned seed) {
    std::minstd_rand random(seed);
    for (;;) {
        std::optional<long> item;
        if (random() % 2 == 0) {
            auto in_time = co_await coil::move_on_after(a_moment(random), q.get());
            if (!in_time) continue;  // nothing was got: it goes to somebody else
            item = *in_time;
        } else {
            item = co_await q.get_for(a_moment(random));
            if (!item && !q.closed()) continue;
            if (!item) item = co_await q.get();
        }
        if (!item) co_return;
        l.got(*item);
    }
}

task<> get_one(numbers& q, ledger& l) {
    const std::optional<long> item = co_await q.get();
    if (item) l.got(*item);
}

// Stops getters at their homes and from the other side, with the item on its way.
task<> stop_getters(numbers& q, ledger& l, const std::atomic<bool>& over) {
    while (!over) {
        auto here = coil::spawn(get_one(q, l));
        auto there = coil::spawn_on(coil::pool(), get_one(q, l));
        co_await coil::yield();
        here.cancel("at this very moment");
        there.cancel("at this very moment");
        try {
            co_await here;
        } catch (const coil::cancelled&) {
        }
        try {
            co_await there;
        } catch (const coil::cancelled&) {
        }
    }
}

task<> put_range(numbers& q, ledger& l, long first, long last, unsigned seed) {
    std::minstd_rand random(seed);
    for (long i = first; i != last; ++i) {
        l.put(i);
        co_await q.put(i);
        if (random() % 16 == 0) co_await coil::yield();
    }
}

void put_range_blocking(numbers& q, ledger& l, long first, long last) {
    for (long i = first; i != last; ++i) {
        l.put(i);
        q.put_blocking(i);
    }
}

task<> getters_are_stopped(long items, int limit, unsigned seed) {
    ledger l(3 * items);
    numbers q{limit};
    std::atomic<bool> over{false};
    std::thread plain([&] { put_range_blocking(q, l, 2 * items, 3 * items); });
    auto from_pool = coil::spawn_on(coil::pool(), put_range(q, l, items, 2 * items, seed + 1));
    auto hunters = coil::spawn(hunt(q, l, seed + 2));
    auto on_pool = coil::spawn_on(coil::pool(), hunt(q, l, seed + 3));
    auto stopper = coil::spawn(stop_getters(q, l, over));
    auto pool_stopper = coil::spawn_on(coil::pool(), stop_getters(q, l, over));
    co_await put_range(q, l, 0, items, seed);
    co_await from_pool;
    co_await coil::blocking([&] { plain.join(); });
    over = true;
    q.close();
    co_await stopper;
    co_await pool_stopper;
    co_await hunters;
    co_await on_pool;
    expect(q.empty(), "the queue was drained");
    l.judge("getters stopped, limit " + std::to_string(limit));
}

// ---- putters that are stopped

task<> put_or_give_up(numbers& q, ledger& l, long first, long last, unsigned seed) {
    std::minstd_rand random(seed);
    for (long i = first; i != last; ++i) {
        if (random() % 2 == 0) {
            const bool in_time = co_await q.put_for(i, a_moment(random));
            if (in_time) l.put(i);
            continue;
        }
        auto put_it = [](numbers& to, long item, ledger& in) -> task<> {
            co_await to.put(item);
            in.put(item);
        };
        auto h = coil::spawn(put_it(q, i, l));
        co_await coil::yield();
        h.cancel("at this very moment");
        try {
            co_await h;
        } catch (const coil::cancelled&) {
        }
    }
}

task<> get_until_closed(numbers& q, ledger& l) {
    while (const std::optional<long> item = co_await q.get())
        l.got(*item);
}

task<> putters_are_stopped(long items, unsigned seed) {
    ledger l(2 * items);
    numbers q{1};
    auto here = coil::spawn(get_until_closed(q, l));
    auto there = coil::spawn_on(coil::pool(), get_until_closed(q, l));
    auto on_pool = coil::spawn_on(coil::pool(), put_or_give_up(q, l, items, 2 * items, seed));
    co_await put_or_give_up(q, l, 0, items, seed + 1);
    co_await on_pool;
    q.close();
    co_await here;
    co_await there;
    l.judge("putters stopped");
}

// ---- selects that lose

task<> choose(numbers& a, numbers& b, ledger& l, unsigned seed) {
    std::minstd_rand random(seed);
    while (!a.closed() || !b.closed() || !a.empty() || !b.empty()) {
        std::optional<long> item;
        auto r = co_await coil::select(a.get(), b.get(), coil::sleep_for(a_moment(random)));
        if (r.index() == 0) item = std::get<0>(r);
        if (r.index() == 1) item = std::get<1>(r);
        if (!item && r.index() == 0) item = b.try_get();  // `a` is closed and empty, and always the first that is ready
        if (item) l.got(*item);
        else co_await coil::yield();
    }
}

task<> selects_lose(long items, unsigned seed) {
    ledger l(2 * items);
    numbers a, b{2};
    auto here = coil::spawn(choose(a, b, l, seed));
    auto there = coil::spawn_on(coil::pool(), choose(b, a, l, seed + 1));
    auto third = coil::spawn_on(coil::pool(), choose(a, b, l, seed + 2));
    auto more = coil::spawn_on(coil::pool(), put_range(b, l, items, 2 * items, seed));
    co_await put_range(a, l, 0, items, seed + 3);
    co_await more;
    a.close();
    b.close();
    co_await here;
    co_await there;
    co_await third;
    l.judge("selects");
}

// ---- closed in the middle

task<> put_until_closed(numbers& q, ledger& l, std::atomic<long>& next, long most) {
    for (long item = next++; item < most; item = next++) {
        try {
            co_await q.put(item);
        } catch (const std::logic_error&) {
            co_return;
        }
        l.put(item);
    }
}

task<> closed_under_everybody(long items) {
    const long most = 4 * items;
    ledger l(most);
    numbers q{3};
    std::atomic<long> next{0};
    std::thread putting([&] {
        try {
            for (long item = next++; item < most; item = next++) {
                q.put_blocking(item);
                l.put(item);
            }
        } catch (const std::logic_error&) {
        }
    });
    std::thread getting([&] {
        while (const std::optional<long> item = q.get_blocking())
            l.got(*item);
    });
    auto putter = coil::spawn(put_until_closed(q, l, next, most));
    auto pool_putter = coil::spawn_on(coil::pool(), put_until_closed(q, l, next, most));
    auto getter = coil::spawn(get_until_closed(q, l));
    auto pool_getter = coil::spawn_on(coil::pool(), get_until_closed(q, l));
    while (next < items)
        co_await coil::yield();
    q.close();
    co_await putter;
    co_await pool_putter;
    co_await getter;
    co_await pool_getter;
    co_await coil::blocking([&] {
        putting.join();
        getting.join();
    });
    l.judge("closed in the middle");
}

task<> all(long items) {
    const unsigned seed = std::random_device()();
    std::printf("seed %u\n", seed);
    for (const int limit : {0, 1, 5})
        co_await getters_are_stopped(items, limit, seed);
    co_await putters_are_stopped(items, seed);
    co_await selects_lose(items, seed);
    for (int round = 0; round != 5; ++round)
        co_await closed_under_everybody(items);
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog watch;
    coil::run(all(bad_day::is_full(argc, argv) ? 100'000 : full_size(2'000)), {.pool_size = 2});
    return bad_day::verdict();
}
