// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/injection.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>

namespace {

struct item : coil::node {
    model::plain<int> content{"what was pushed"};
    coil::atomic_word<int> popped{0};
};
struct state {
    coil::injection queue;
    item items[3];
};

void push(state& s, int first, int count) {
    coil::node_list batch;
    for (int i = first; i != first + count; ++i) {
        s.items[i].content.write(1);
        batch.push_back(s.items[i]);
    }
    s.queue.push(std::move(batch));
}

void pop(model::explorer& run, state& s) {
    coil::node* const n = s.queue.pop();
    if (!n) return;
    auto& got = *static_cast<item*>(n);
    run.expect(got.content.read() == 1, "popped without what was written before the push");
    got.popped.fetch_add(1, std::memory_order_relaxed);
}

void two_push_and_two_pop(model::explorer& run) {
    auto s = std::make_shared<state>();
    run.thread([=] { push(*s, 0, 2); });
    run.thread([=] { push(*s, 2, 1); });
    for (int popper = 0; popper != 2; ++popper)
        run.thread([=, &run] {
            pop(run, *s);
            pop(run, *s);
        });
    run.at_end([=, &run] {
        while (!s->queue.empty())
            pop(run, *s);
        for (item& i : s->items)
            run.expect(i.popped.load() == 1, "an item was lost, or came out twice");
    });
}

// One of two is popped: the queue never looks empty.
void one_is_left(model::explorer& run) {
    auto s = std::make_shared<state>();
    push(*s, 0, 2);
    run.thread([=, &run] { pop(run, *s); });
    run.thread([=, &run] { run.expect(!s->queue.empty(), "empty, though one of two is left"); });
}

}  // namespace

TEST_CASE("model: what is injected into a pool comes out once, and never looks gone before") {
    model::check_every_order({two_push_and_two_pop, one_is_left}, {"injection.hpp"},
                             // what a worker that falls asleep relies on: the test of park and wake
                             {"some_taken_.load"}, {.preemptions = 2});
}
