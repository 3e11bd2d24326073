// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/spin_lock.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <memory>
#include <mutex>

namespace {

void counts_under_a_lock(model::explorer& run) {
    struct state {
        coil::spin_lock lock;
        model::plain<int> count{"what the lock guards"};
    };
    auto s = std::make_shared<state>();
    for (int i = 0; i != 2; ++i)
        run.thread([=] {
            for (int n = 0; n != 2; ++n) {
                const std::scoped_lock guard(s->lock);
                s->count.write(s->count.read() + 1);
            }
        });
    run.thread([=] {
        if (!s->lock.try_lock()) return;
        s->count.write(s->count.read() + 10);
        s->lock.unlock();
    });
    run.at_end([s, &run] { run.expect(s->count.read() % 10 == 4, "a count was lost"); });
}

void locks_at_once_or_not_at_all(model::explorer& run) {
    struct state {
        coil::spin_lock lock;
        model::plain<int> count{"what the lock guards"};
        int missed[3] = {};
    };
    auto s = std::make_shared<state>();
    for (int i = 0; i != 3; ++i)
        run.thread([=] {
            if (!s->lock.lock_at_once()) {
                s->missed[i] = 1;
                return;
            }
            s->count.write(s->count.read() + 1);
            s->lock.unlock();
        });
    run.at_end([s, &run] {
        const int missed = s->missed[0] + s->missed[1] + s->missed[2];
        run.expect(s->count.read() + missed == 3 && missed < 3, "a count was lost");
    });
}

}  // namespace

TEST_CASE("model: a spin lock excludes, and what was written under it is seen under it") {
    model::check_every_order({counts_under_a_lock, locks_at_once_or_not_at_all}, {"spin_lock.hpp"});
}
