// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/deque.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>

namespace {

using coil::atomic_word;
using coil::fork_slot;

struct child : fork_slot {
    model::plain<int> content{"what a fork wrote"};
    atomic_word<int> taken{0};
};

// Everybody is hungry, so that the owner publishes whenever it looks.
struct hungry final : coil::work_market {
    bool anyone_idle() noexcept override { return true; }
    bool published() noexcept override { return true; }
    void overflow(fork_slot&) noexcept override {}
    bool has_thieves() noexcept override { return true; }
};

struct state {
    hungry market;
    coil::deque deque{market};
    child children[3];

    void fork(int i) {
        children[i].content.write(1);
        deque.push(children[i]);
    }
    static void take(model::explorer& run, fork_slot* s) {
        if (!s) return;
        auto& c = *static_cast<child*>(s);
        run.expect(c.content.read() == 1, "taken without what was written before the fork");
        run.expect(c.taken.fetch_add(1, std::memory_order_relaxed) == 0, "taken twice");
    }
    void all_taken_once(model::explorer& run) {
        while (fork_slot* s = deque.pop()) take(run, s);
        for (child& c : children) run.expect(c.taken.load() == 1, "a child was lost");
    }
};

void owner_and_thief(model::explorer& run) {
    auto s = std::make_shared<state>();
    s->deque.ask();
    run.thread([=, &run] {
        s->fork(0);
        s->fork(1);
        state::take(run, s->deque.pop());
        s->fork(2);
        state::take(run, s->deque.pop());
        state::take(run, s->deque.pop());
    });
    run.thread([=, &run] {
        state::take(run, s->deque.steal());
        state::take(run, s->deque.steal());
    });
    run.at_end([=, &run] { s->all_taken_once(run); });
}

void three_at_the_last_fork(model::explorer& run) {
    auto s = std::make_shared<state>();
    s->deque.ask();
    s->fork(0);
    s->children[1].taken.store(1);
    s->children[2].taken.store(1);
    run.thread([=, &run] {
        if (s->deque.take(s->children[0])) state::take(run, &s->children[0]);
    });
    for (int thief = 0; thief != 2; ++thief)
        run.thread([=, &run] { state::take(run, s->deque.steal()); });
    run.at_end([=, &run] { s->all_taken_once(run); });
}

}  // namespace

TEST_CASE("model: each fork is taken once, by its owner or by a thief, with what was written before it") {
    model::check_every_order({owner_and_thief, three_at_the_last_fork}, {"deque.cpp"},
                             // the swap is what counts, and costs the same with any order; an old top makes it fail
                             {"top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst)) s = nullptr",
                              "top = top_.load(std::memory_order_seq_cst);"});
}
