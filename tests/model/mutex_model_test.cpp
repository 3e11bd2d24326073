// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/sync/mutex.hpp>
#include <coil/sync/semaphore.hpp>
#include <coil/sync/thread_wait.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>

namespace {

constexpr int threads = 3;

// Each thread of the model is somebody of its own for a lock.
struct owners {
    coil::branch everybody[threads];
    static void appear_in(model::explorer& run, const std::shared_ptr<owners>& all) {
        run.on_switch([](int) { coil::this_thread.current = nullptr; },
                      [all](int thread) {
                          if (thread < threads) coil::this_thread.current = &all->everybody[thread];
                      });
    }
};

void a_mutex(model::explorer& run) {
    struct state : owners {
        coil::mutex mutex;
        model::plain<int> count{"what the mutex guards"};
    };
    auto s = std::make_shared<state>();
    owners::appear_in(run, s);
    for (int i = 0; i != threads; ++i)
        run.thread([=] {
            if (i == 2) {
                if (!s->mutex.try_lock()) return;
                s->count.write(s->count.read() + 1);
                s->mutex.unlock();
                return;
            }
            const auto guard = s->mutex.lock_blocking();
            s->count.write(s->count.read() + 1);
        });
    run.at_end([=, &run] {
        coil::this_thread.current = nullptr;
        run.expect(s->count.read() >= 2, "two had it at once");
        run.expect(!s->mutex.locked() && s->mutex.statistics().waiters == 0, "it stayed locked");
    });
}

// A mutex that is of use only beside others, as `lock_all` wants one.
struct one_of_several : coil::mutex {
    void lock_with_others() {
        const coil::holder_id me = coil::this_holder();
        while (!take(me)) {
            coil::thread_wait w(with_others);
            w.sleep_in(line(), coil::place::current());
            if (confirm(me)) return;
        }
    }
    bool take_from_others() {
        const coil::holder_id me = coil::this_holder();
        return take(me) || take_away(me);
    }
};

void a_lock_that_is_taken_away(model::explorer& run) {
    struct state : owners {
        one_of_several mutex;
        model::plain<int> count{"what the mutex guards"};
    };
    auto s = std::make_shared<state>();
    owners::appear_in(run, s);
    for (int i = 0; i != threads; ++i)
        run.thread([=] {
            const auto use = [&] {
                s->count.write(s->count.read() + 1);
                s->mutex.unlock();
            };
            if (i != 0) {
                s->mutex.lock_with_others();
                return use();
            }
            // gives it to one of them, takes it away from him, and so has it to give to both
            if (!s->mutex.try_lock()) return;
            use();
            if (s->mutex.take_from_others()) use();
        });
    run.at_end([=, &run] {
        coil::this_thread.current = nullptr;
        run.expect(s->count.read() >= 2, "who waited for it has not come to it");
        run.expect(!s->mutex.locked() && s->mutex.statistics().waiters == 0, "it stayed locked");
    });
}

void a_semaphore(model::explorer& run) {
    struct state {
        coil::semaphore one{1};
        model::plain<int> count{"what the permit guards"};
    };
    auto s = std::make_shared<state>();
    for (int i = 0; i != threads; ++i)
        run.thread([=] {
            if (i == 2) {
                if (!s->one.try_acquire()) return;
                s->count.write(s->count.read() + 1);
                s->one.release();
                return;
            }
            const auto permit = s->one.acquire_blocking();
            s->count.write(s->count.read() + 1);
        });
    run.at_end([=, &run] {
        run.expect(s->count.read() >= 2, "two had it at once");
        run.expect(s->one.available() == 1 && s->one.statistics().waiters == 0, "a permit was lost, or doubled");
    });
}

// Who wants two permits sees what both did who gave them back: what lies free, and what comes last.
void a_sum_of_permits(model::explorer& run) {
    struct state {
        coil::semaphore none{0};
        model::plain<int> one{"what the first did"}, other{"what the second did"};
    };
    auto s = std::make_shared<state>();
    run.thread([=] {
        s->one.write(1);
        s->none.release();
    });
    run.thread([=] {
        s->other.write(1);
        s->none.release();
    });
    run.thread([=, &run] {
        s->none.acquire_blocking(2).detach();
        run.expect(s->one.read() + s->other.read() == 2, "something is missing");
    });
}

// What a release leaves over is taken past the line.
void a_rest_of_permits(model::explorer& run) {
    struct state {
        coil::semaphore none{0};
        model::plain<int> done{"what was done before"};
    };
    auto s = std::make_shared<state>();
    run.thread([=] {
        s->done.write(1);
        s->none.release(2);
    });
    for (int i = 0; i != 2; ++i)
        run.thread([=, &run] {
            s->none.acquire_blocking().detach();
            run.expect(s->done.read() == 1, "it was not done");
        });
    run.at_end([=, &run] { run.expect(s->none.available() == 0, "a permit was doubled"); });
}

// How many atomic operations that order anything one thread makes, alone.
template <class F>
long ordered_operations_of(F f) {
    model::explorer e;
    const model::verdict v = e.explore([f](model::explorer& run) { run.thread(f); });
    CHECK(v.wrong == "");
    CHECK(v.runs == 1);
    return v.ordered;
}

}  // namespace

TEST_CASE("model: who finds nobody in his way takes and gives back by one atomic operation each") {
    auto mutex = std::make_shared<coil::mutex>();
    CHECK(ordered_operations_of([=] { (void)mutex->lock_blocking(); }) == 2);
    CHECK(ordered_operations_of([=] {
              (void)mutex->try_lock();
              mutex->unlock();
          }) == 2);
    auto semaphore = std::make_shared<coil::semaphore>(3u);
    CHECK(ordered_operations_of([=] { (void)semaphore->acquire_blocking(2); }) == 2);
    CHECK(ordered_operations_of([=] {
              (void)semaphore->try_acquire();
              semaphore->release();
          }) == 2);
}

TEST_CASE("model: mutex and semaphore exclude, lose nobody, and show what was written under them") {
    model::check_every_order({a_mutex, a_lock_that_is_taken_away, a_semaphore, a_sum_of_permits, a_rest_of_permits}, {"owned_lock.cpp", "owned_lock.hpp", "semaphore.cpp", "semaphore.hpp", "word.hpp"},
                             // whom it is granted to sees by its wake-up what came before; whoever only looks orders nothing
                             {"word_.store(next->holder()", "fetch_and(~contended", "holder() const noexcept"},
                             {.preemptions = 2});
}
