// SPDX-License-Identifier: BSL-1.0
// The two sides of a queue: who puts and who gets take a lock each, and meet where one of them has to wait.
#include <coil/sync/queue.hpp>
#include <coil/sync/thread_wait.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <unordered_map>
#include <utility>
#include <vector>

namespace {

// What lies in a place of the queue's memory, or of a waiter: two who come to the same place must do so one after another.
class places {
public:
    void touch(const void* where) {
        all_.try_emplace(where, "a place for an item").first->second.write(1);
    }
    void forget() { all_.clear(); }

private:
    std::unordered_map<const void*, model::plain<int>> all_;
};
places seen;

class item {
public:
    explicit item(int v) : value_(v) { touched(); }
    item(item&& other) noexcept : value_(std::exchange(other.value_, -1)) {
        other.touched();
        touched();
    }
    item& operator=(item&&) = delete;
    ~item() { touched(); }
    int value() const { return value_; }

private:
    void touched() const noexcept {
        if (model::explorer::running()) seen.touch(this);
    }
    int value_;
};

class tested : public coil::basic_queue<item, coil::item_ring<item>> {
public:
    using basic_queue::basic_queue;

    int get() { return value_of(get_blocking()); }
    int try_one() { return value_of(try_get()); }
    // As get_blocking, but gives up: at any moment, for a deadline comes when it likes.
    int get_or_give_up() {
        std::optional<item> mine = try_get();
        if (mine) return value_of(std::move(mine));
        coil::thread_wait me(reinterpret_cast<std::uintptr_t>(&mine));
        me.sleep_in(getters_, coil::place::current(), coil::time_point(std::chrono::seconds(1)));
        return value_of(std::move(mine));
    }
    bool put_or_give_up(int v) {
        if (try_put(item(v))) return true;
        std::optional<item> mine(std::in_place, v);
        coil::thread_wait me(reinterpret_cast<std::uintptr_t>(&mine));
        me.sleep_in(putters_, coil::place::current(), coil::time_point(std::chrono::seconds(1)));
        return !mine;
    }
    void put(int v) { put_blocking(item(v)); }
    bool nobody_waits() const { return getters_.empty() && putters_.empty(); }

    static constexpr int none = -1;

private:
    static int value_of(std::optional<item> i) { return i ? i->value() : none; }
};

struct state {
    // It has held a few items before: up to so many a put need not look over.
    explicit state(int limit, int held = 2) : q(limit), before(limit == 1 ? 1 : held) {
        seen.forget();
        for (int i = 0; i != before; ++i) q.put(i);
        for (int i = 0; i != before; ++i) (void)q.get();
    }
    tested q;
    int before;
    std::vector<int> got[2];

    // At the end nobody is left in a line, and what was put was got or lies there, once and in order.
    void whole(model::explorer& run, int put) {
        run.expect(q.nobody_waits(), "somebody who went is still in a line");
        std::vector<int> all;
        for (auto& mine : got) {
            std::erase(mine, tested::none);
            run.expect(std::is_sorted(mine.begin(), mine.end()), "items in another order");
            all.insert(all.end(), mine.begin(), mine.end());
        }
        std::sort(all.begin(), all.end());
        run.expect(std::adjacent_find(all.begin(), all.end()) == all.end(), "an item was doubled");
        run.expect(static_cast<int>(q.statistics().puts) == before + put, "puts were counted wrong");
        const int there = static_cast<int>(q.size());
        run.expect(static_cast<int>(all.size()) + there == put, "an item was lost, or doubled");
    }
};

// Without a limit: who gets looks over when what he saw is used up, and waits in between.
void one_to_one(model::explorer& run) {
    auto s = std::make_shared<state>(0);
    run.thread([=] {
        for (int i = 0; i != 3; ++i) s->q.put(i);
    });
    run.thread([=] {
        for (int i = 0; i != 3; ++i) s->got[0].push_back(s->q.get());
    });
    run.at_end([=, &run] {
        s->whole(run, 3);
        run.expect(s->got[0] == std::vector{0, 1, 2}, "items in another order");
    });
}

// A place is used again at once, and either side waits for the other.
void through_one_place(model::explorer& run) {
    auto s = std::make_shared<state>(1);
    run.thread([=] {
        for (int i = 0; i != 3; ++i) s->q.put(i);
    });
    run.thread([=, &run] {
        for (int i = 0; i != 3; ++i) {
            s->got[0].push_back(s->q.get());
            run.expect(s->q.size() <= 1, "more items than its limit");
        }
    });
    run.at_end([=, &run] {
        s->whole(run, 3);
        run.expect(s->got[0] == std::vector{0, 1, 2}, "items in another order");
    });
}

// The ring of eight places has gone round: who puts overwrites what was got.
void round_the_ring(model::explorer& run) {
    auto s = std::make_shared<state>(8, 0);
    for (int i = 0; i != 8; ++i) s->q.put(i);
    run.thread([=] {
        s->q.put(8);
        s->q.put(9);
    });
    run.thread([=] {
        for (int i = 0; i != 2; ++i) s->got[0].push_back(s->q.get());
    });
    run.at_end([=, &run] {
        s->whole(run, 10);
        run.expect(s->got[0] == std::vector{0, 1}, "items in another order");
    });
}

// The ring grows while the other side takes out of it.
void grows_meanwhile(model::explorer& run) {
    auto s = std::make_shared<state>(0, 0);
    for (int i = 0; i != 8; ++i) s->q.put(i);
    run.thread([=] {
        s->q.put(8);
    });
    run.thread([=] {
        for (int i = 0; i != 2; ++i) s->got[0].push_back(s->q.try_one());
    });
    run.at_end([=, &run] {
        s->whole(run, 9);
        run.expect(s->got[0] == std::vector{0, 1}, "items in another order");
    });
}

// Who waits to put is not overtaken by one who comes when a place is free.
void two_put(model::explorer& run) {
    auto s = std::make_shared<state>(1);
    for (int p = 0; p != 2; ++p)
        run.thread([=] { s->q.put(p); });
    run.thread([=] {
        for (int i = 0; i != 2; ++i) (void)s->q.get();
    });
    run.at_end([=, &run] {
        run.expect(s->q.nobody_waits(), "somebody who went is still in a line");
        run.expect(s->q.empty(), "an item was lost, or doubled");
    });
}

// A place is free at the moment when one who had found none gets into the line, and another one comes.
void one_waits_and_one_tries(model::explorer& run) {
    auto s = std::make_shared<state>(1);
    auto put = std::make_shared<int>(2);
    s->q.put(0);
    run.thread([=] { s->q.put(1); });
    run.thread([=] { *put += s->q.try_put(item(2)); });
    run.thread([=] {
        for (int i = 0; i != 2; ++i) s->got[i].push_back(s->q.get());
    });
    run.at_end([=, &run] { s->whole(run, *put); });
}

void two_get(model::explorer& run) {
    auto s = std::make_shared<state>(0);
    for (std::size_t g = 0; g != 2; ++g)
        run.thread([=] { s->got[g].push_back(s->q.get()); });
    run.thread([=] {
        for (int i = 0; i != 2; ++i) s->q.put(i);
    });
    run.at_end([=, &run] {
        s->whole(run, 2);
        run.expect(s->q.empty(), "an item was lost, or doubled");
    });
}

// The deadline comes at every moment, that of the hand-over too.
void a_getter_gives_up(model::explorer& run) {
    auto s = std::make_shared<state>(0);
    run.thread([=] {
        s->q.put(0);
        s->q.put(1);
    });
    run.thread([=] { s->got[0].push_back(s->q.get_or_give_up()); });
    run.at_end([=, &run] { s->whole(run, 2); });
}

// What one who gave up has not got is the next one's.
void another_gets_it(model::explorer& run) {
    auto s = std::make_shared<state>(0);
    run.thread([=] { s->q.put(0); });
    run.thread([=] { s->got[0].push_back(s->q.get_or_give_up()); });
    run.thread([=] {
        s->got[1].push_back(s->q.get_or_give_up());
        s->got[1].push_back(s->q.try_one());
    });
    run.at_end([=, &run] { s->whole(run, 1); });
}

void a_putter_gives_up(model::explorer& run) {
    auto s = std::make_shared<state>(1);
    auto put = std::make_shared<int>(1);
    s->q.put(0);
    run.thread([=] { *put += s->q.put_or_give_up(1); });
    run.thread([=] {
        s->got[0].push_back(s->q.get());
        s->got[0].push_back(s->q.try_one());
    });
    run.at_end([=, &run] { s->whole(run, *put); });
}

// What was put before it can be got.
void closed_while_one_puts(model::explorer& run) {
    auto s = std::make_shared<state>(0);
    auto put = std::make_shared<int>(0);
    run.thread([=] {
        try {
            s->q.put(0);
            ++*put;
        } catch (const std::logic_error&) {
        }
    });
    run.thread([=] {
        s->q.close();
        while (s->got[0].empty() || s->got[0].back() != tested::none) s->got[0].push_back(s->q.get());
    });
    run.at_end([=, &run] {
        s->whole(run, *put);
        run.expect(s->q.empty(), "what was put before the close was not got");
    });
}

// Whoever waits is told.
void closed_while_they_wait(model::explorer& run) {
    auto s = std::make_shared<state>(1);
    auto put = std::make_shared<int>(1);
    s->q.put(0);
    run.thread([=] {
        try {
            s->q.put(1);
            ++*put;
        } catch (const std::logic_error&) {
        }
    });
    run.thread([=] {
        while (s->got[0].empty() || s->got[0].back() != tested::none) s->got[0].push_back(s->q.get());
    });
    run.thread([=] { s->q.close(); });
    run.at_end([=, &run] {
        s->whole(run, *put);
        run.expect(s->q.empty(), "what was put before the close was not got");
    });
}

// All that lies there at one moment; who waits to put then puts.
void drained_meanwhile(model::explorer& run) {
    auto s = std::make_shared<state>(1);
    s->q.put(0);
    run.thread([=] { s->q.put(1); });
    run.thread([=] {
        for (const item& i : s->q.drain()) s->got[0].push_back(i.value());
    });
    run.at_end([=, &run] { s->whole(run, 2); });
}

// Who has got the last item ends the queue, while the one who put it is on his way out of it: he does not come back.
void ended_by_its_getter(model::explorer& run) {
    struct storage {
        alignas(tested) unsigned char bytes[sizeof(tested)] = {};
    };
    seen.forget();
    auto s = std::make_shared<storage>();
    tested* const q = ::new (s->bytes) tested(0);
    q->put(0);
    (void)q->get();  // so that the next one needs the lock of those who put, and no other
    run.thread([=] { q->put(1); });
    run.thread([=] {
        (void)q->get();
        q->~tested();
        std::fill(std::begin(s->bytes), std::end(s->bytes), std::uint8_t(0));
    });
    run.at_end([=, &run] {
        const bool clean = std::all_of(std::begin(s->bytes), std::end(s->bytes), [](auto b) { return b == 0; });
        run.expect(clean, "a queue was touched after its end");
    });
}

// The work on an item is done by another than who put it, and the end of all work is waited for.
void joined(model::explorer& run) {
    auto s = std::make_shared<state>(0, 0);
    auto work = std::make_shared<model::plain<int>>("what a join waits for");
    run.thread([=, &run] {
        s->q.put(0);
        s->q.join_blocking();
        run.expect(work->read() == 1, "joined before the work was done");
    });
    run.thread([=] {
        s->got[0].push_back(s->q.get());
        work->write(1);
        s->q.task_done();
    });
    run.at_end([=, &run] { s->whole(run, 1); });
}

}  // namespace

TEST_CASE("model: between the two sides of a queue no item is lost or doubled, and none overtakes another") {
    model::check_every_order({one_to_one, through_one_place, round_the_ring, grows_meanwhile, two_put, one_waits_and_one_tries, two_get,
                              a_getter_gives_up, another_gets_it, a_putter_gives_up, closed_while_one_puts, closed_while_they_wait,
                              drained_meanwhile, ended_by_its_getter, joined},
                             {"queue_core.hpp", "queue_core.cpp", "basic_queue.hpp"}, {}, {.preemptions = 2, .runs = 20'000});
}
