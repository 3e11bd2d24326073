// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/parker.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <chrono>
#include <memory>

namespace {

struct state {
    coil::parker parker;
    model::plain<int> word{"what the waker wrote"};
    coil::atomic_word<int> came{0};
};

// A wake-up that came early is kept, and shows what its waker wrote.
void one_waker(model::explorer& run) {
    auto s = std::make_shared<state>();
    run.thread([=] {
        s->word.write(1);
        s->parker.unpark();
    });
    run.thread([=, &run] {
        run.expect(s->parker.park(), "woken by nothing");
        run.expect(s->word.read() == 1, "woken without seeing why");
    });
}

// Of two wakers none is lost: after the last wake-up both have been seen.
void two_wakers(model::explorer& run) {
    auto s = std::make_shared<state>();
    for (int i = 0; i != 2; ++i)
        run.thread([=] {
            s->came.fetch_add(1, std::memory_order_relaxed);
            s->parker.unpark();
        });
    run.thread([=] {
        while (s->came.load(std::memory_order_relaxed) != 2)
            s->parker.park();
    });
}

// A wake-up that races with a deadline counts, or is kept for the next sleep.
void a_deadline(model::explorer& run) {
    auto s = std::make_shared<state>();
    run.thread([=] {
        s->word.write(1);
        s->parker.unpark();
    });
    run.thread([=, &run] {
        if (!s->parker.park(coil::time_point(std::chrono::seconds(1)))) run.expect(s->parker.park(), "the wake-up was lost");
        run.expect(s->word.read() == 1, "woken without seeing why");
    });
}

}  // namespace

TEST_CASE("model: no wake-up of a parker is lost, and each shows what its waker wrote") {
    model::check_every_order({one_waker, two_wakers, a_deadline}, {"parker.cpp"});
}
