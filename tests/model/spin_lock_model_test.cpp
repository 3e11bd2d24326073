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

}  // namespace

TEST_CASE("model: a spin lock excludes, and what was written under it is seen under it") {
    model::check_every_order({counts_under_a_lock}, {"spin_lock.hpp"});
}
