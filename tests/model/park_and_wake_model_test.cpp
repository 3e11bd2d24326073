// SPDX-License-Identifier: BSL-1.0
// How workers fall asleep and are woken, in the order of sched/worker.cpp and sched/thread_pool.cpp: whatever is pushed is run,
// though every worker may be about to fall asleep.
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/sched/idle.hpp>
#include <coil/runtime/sched/injection.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>

namespace {

struct one_worker {
    coil::parker parker;
    bool searching = false;
};
struct item : coil::node {
    model::plain<int> content{"what was pushed"};
};

struct small_pool {
    explicit small_pool(int posts) : left(posts) { idle.reserve(2); }

    coil::idle idle;
    coil::injection injected;
    one_worker workers[2];
    item items[2];
    coil::atomic_word<int> left;
    coil::atomic_word<bool> stopping{false};
    coil::node* first_waits_for_second = nullptr;

    static coil::worker& name(one_worker& w) { return reinterpret_cast<coil::worker&>(w); }
    void wake_one() {
        if (coil::worker* w = idle.choose()) reinterpret_cast<one_worker*>(w)->parker.unpark();
    }
    void post(int i) {
        items[i].content.write(1);
        injected.push(items[i]);
        wake_one();
    }
    // What is left to who is awake: here he never looks busy.
    void post_short(int i) {
        items[i].content.write(1);
        injected.push(items[i]);
        if (idle.asleep() == 2) wake_one();
    }
    void stop() {
        stopping.store(true, std::memory_order_seq_cst);
        while (coil::worker* w = idle.choose_any())
            reinterpret_cast<one_worker*>(w)->parker.unpark();
    }
    void run(model::explorer& e, one_worker& w) {
        while (!stopping.load(std::memory_order_acquire)) {
            if (coil::node* const n = injected.pop()) {
                if (w.searching) {
                    w.searching = false;
                    idle.end_search();
                    if (!injected.empty()) wake_one();
                }
                e.expect(static_cast<item*>(n)->content.read() == 1, "run without what was written before the push");
                if (n == first_waits_for_second)
                    while (left.load(std::memory_order_relaxed) == 2)
                        e.yield();
                if (left.fetch_sub(1, std::memory_order_relaxed) == 1) stop();
                continue;
            }
            sleep(w);
        }
    }
    void sleep(one_worker& w) {
        idle.announce(name(w), w.searching);
        w.searching = false;
        if (!injected.empty() || stopping.load(std::memory_order_seq_cst)) {
            if (idle.withdraw(name(w))) {
                w.searching = idle.start_search();
                return;
            }
            w.parker.park();
            w.searching = true;
            return;
        }
        w.parker.park();
        if (!idle.withdraw(name(w))) w.searching = true;
    }
};

void one_worker_and_two_posts(model::explorer& run) {
    auto p = std::make_shared<small_pool>(2);
    run.thread([=, &run] { p->run(run, p->workers[0]); });
    run.thread([=] { p->post(0); });
    run.thread([=] { p->post(1); });
}

void two_workers_and_a_post(model::explorer& run) {
    auto p = std::make_shared<small_pool>(1);
    for (one_worker& w : p->workers)
        run.thread([=, &run, &w] { p->run(run, w); });
    run.thread([=] { p->post(0); });
}

// One sleeps already, and the other is about to.
void what_is_left_to_who_is_awake(model::explorer& run) {
    auto p = std::make_shared<small_pool>(1);
    p->idle.announce(small_pool::name(p->workers[1]), false);
    run.thread([=, &run] { p->run(run, p->workers[0]); });
    run.thread([=, &run] {
        p->workers[1].parker.park();
        p->workers[1].searching = !p->idle.withdraw(small_pool::name(p->workers[1]));
        p->run(run, p->workers[1]);
    });
    run.thread([=] { p->post_short(0); });
}

// A searcher that finds nothing, or is about to sleep, when a piece comes that lasts until the next one has been run.
void a_long_piece(model::explorer& run) {
    auto p = std::make_shared<small_pool>(2);
    p->first_waits_for_second = &p->items[0];
    p->workers[0].searching = p->idle.start_search();
    p->idle.announce(small_pool::name(p->workers[1]), false);
    run.thread([=, &run] { p->run(run, p->workers[0]); });
    run.thread([=, &run] {
        p->workers[1].parker.park();
        p->workers[1].searching = !p->idle.withdraw(small_pool::name(p->workers[1]));
        p->run(run, p->workers[1]);
    });
    run.thread([=] {
        p->post(0);
        p->post(1);
    });
}

}  // namespace

TEST_CASE("model: what is pushed into a pool whose workers fall asleep is run") {
    model::check_every_order({one_worker_and_two_posts, two_workers_and_a_post, what_is_left_to_who_is_awake, a_long_piece},
                             {"injection.hpp", "idle.hpp", "idle.cpp"},
                             // under the lock of the list of sleepers, or one of two at one word: any order does, and costs the same
                             {"fetch_sub(one_sleeper", "word_.compare_exchange_weak(w, w + 1",
                              // the test of injection
                              "latest_.exchange"},
                             {.preemptions = 2, .old_values = 2, .runs = 200'000});
}
