// SPDX-License-Identifier: BSL-1.0
// What a worker puts into its slot while it is busy, in the order of sched/worker.cpp and sched/thread_pool.cpp: an idle
// worker takes it, though it may be about to sleep or about to end its watch.
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/sched/idle.hpp>
#include <coil/runtime/coro/next_slot.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>

namespace {

struct item : coil::node {
    model::plain<int> content{"what was put"};
};

// One worker that puts and stays busy until what it put has run, and one that has nothing to do.
struct busy_and_idle {
    busy_and_idle() { idle.reserve(1); }

    coil::idle idle;
    coil::next_slot slot;
    coil::parker parker;  // of the idle one
    item it;
    coil::atomic_word<bool> ran{false};

    coil::worker& idler() { return reinterpret_cast<coil::worker&>(parker); }
    void put(model::explorer& e) {
        it.content.write(1);
        if (slot.put(it) && !idle.watched())
            if (coil::worker* const w = idle.choose()) reinterpret_cast<coil::parker*>(w)->unpark();
        while (!ran.load(std::memory_order_relaxed))
            e.yield();
    }
    bool run_if_there(model::explorer& e) {
        coil::node* const n = slot.take();
        if (!n) return false;
        e.expect(static_cast<item*>(n)->content.read() == 1, "run without what was written before the put");
        ran.store(true, std::memory_order_relaxed);
        return true;
    }
    // Announced; watches while something lies there, else sleeps until it is woken, and looks once more.
    void await(model::explorer& e, bool watching) {
        for (;;) {
            if (watching) {
                if (run_if_there(e)) return;
                idle.end_watch();
            }
            watching = !slot.empty() && idle.begin_watch();
            if (watching) continue;
            parker.park();
            if (!idle.withdraw(idler())) idle.end_search();
            idle.announce(idler(), false);
        }
    }
};

void one_is_about_to_sleep(model::explorer& run) {
    auto p = std::make_shared<busy_and_idle>();
    run.thread([=, &run] { p->put(run); });
    run.thread([=, &run] {
        p->idle.announce(p->idler(), false);
        p->await(run, false);
    });
}

void one_is_about_to_end_its_watch(model::explorer& run) {
    auto p = std::make_shared<busy_and_idle>();
    p->idle.announce(p->idler(), false);
    p->idle.begin_watch();
    run.thread([=, &run] { p->put(run); });
    run.thread([=, &run] { p->await(run, true); });
}

// Its worker comes round to it at the moment when another takes it.
void both_take_it(model::explorer& run) {
    auto p = std::make_shared<busy_and_idle>();
    auto taken = std::make_shared<coil::atomic_word<int>>(0);
    const auto takes = [=, &run] {
        if (p->run_if_there(run)) run.expect(taken->fetch_add(1, std::memory_order_relaxed) == 0, "taken twice");
    };
    run.thread([=] {
        p->it.content.write(1);
        p->slot.put(p->it);
        takes();
    });
    run.thread(takes);
}

// What the one who watches has noted is read by the next one.
void two_watch_in_turn(model::explorer& run) {
    auto p = std::make_shared<busy_and_idle>();
    auto noted = std::make_shared<model::plain<int>>("what the watch has noted");
    for (int i = 0; i != 2; ++i)
        run.thread([=] {
            if (!p->idle.begin_watch()) return;
            noted->write(i);
            p->idle.end_watch();
        });
}

}  // namespace

TEST_CASE("model: what a busy worker has put into its slot is run by another, once") {
    model::check_every_order({one_is_about_to_sleep, one_is_about_to_end_its_watch, both_take_it, two_watch_in_turn},
                             {"next_slot.hpp", "idle.hpp"},
                             // of searching, sleeping and waking: the test of park and wake
                             {"word_."}, {.preemptions = 2, .old_values = 2, .runs = 200'000});
}
