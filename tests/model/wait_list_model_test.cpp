// SPDX-License-Identifier: BSL-1.0
// The line of waiters under a primitive of the simplest kind: permits, and threads that wait for one, some with a deadline.
#include <coil/sync/thread_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <chrono>
#include <memory>
#include <mutex>

namespace {

class permits {
public:
    explicit permits(int n) : free_(n) {}

    bool acquire(coil::time_point deadline = coil::never) {
        coil::thread_wait w;
        return w.sleep_in(line_, coil::place::current(), deadline);
    }
    void release() {
        coil::wake_batch wakes;
        const std::scoped_lock guard(lock_);
        if (!line_.grant_front(wakes)) ++free_;
    }
    int free() const { return free_; }
    bool nobody_waits() const { return line_.empty(); }

private:
    static bool arrive(coil::wait_list& line, coil::waiter&) noexcept {
        auto& self = line.of<permits>();
        if (self.free_ == 0) return false;
        --self.free_;
        return true;
    }
    static constexpr coil::line_rules rules{"permits", &permits::arrive, nullptr};
    coil::spin_lock lock_;
    coil::wait_list line_{lock_, rules, this};
    int free_;
};

struct state {
    permits one{1};
    model::plain<int> count{"what the permit guards"};

    void use() { count.write(count.read() + 1); }
    void whole(model::explorer& run) {
        run.expect(one.free() == 1, "a permit was lost, or doubled");
        run.expect(one.nobody_waits(), "somebody who went is still in the line");
    }
};

void three_take_it_in_turn(model::explorer& run) {
    auto s = std::make_shared<state>();
    for (int i = 0; i != 3; ++i)
        run.thread([=] {
            s->one.acquire();
            s->use();
            s->one.release();
        });
    run.at_end([=, &run] {
        s->whole(run);
        run.expect(s->count.read() == 3, "two had the permit at once");
    });
}

// The deadline comes at every moment, that of the hand-over too.
void one_gives_up(model::explorer& run) {
    auto s = std::make_shared<state>();
    for (int i = 0; i != 2; ++i)
        run.thread([=] {
            if (!s->one.acquire(i == 0 ? coil::never : coil::time_point(std::chrono::seconds(1)))) return;
            s->use();
            s->one.release();
        });
    run.at_end([=, &run] { s->whole(run); });
}

}  // namespace

TEST_CASE("model: a permit that threads wait for is handed over once, and never lost to a deadline") {
    model::check_every_order({three_take_it_in_turn, one_gives_up}, {"wait_list.cpp", "wait_list.hpp", "waiter.hpp", "word.hpp"},
                             // under the lock of the line, or read again under it
                             {"line_.store", "line_.load", "compare_exchange_strong", "claim_.load", "replace(claim_"}, {.preemptions = 2});
}
