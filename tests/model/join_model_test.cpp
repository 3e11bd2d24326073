// SPDX-License-Identifier: BSL-1.0
// Fork and join over two lanes: children that are taken back by their owner or stolen, and a parent that goes on once.
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/sched/deque.hpp>

#include "plain.hpp"
#include "weakened.hpp"

#include <coroutine>
#include <cstddef>
#include <memory>
#include <optional>

namespace {

struct hungry final : coil::work_market {
    bool anyone_idle() noexcept override { return true; }
    bool published() noexcept override { return true; }
    void overflow(coil::fork_slot&) noexcept override {}
    bool has_thieves() noexcept override { return true; }
};

// What every run shares: some task to be forked from. It never runs.
struct somebody final : coil::task_owner {
    void failed(coil::task_record&, const std::exception_ptr&) noexcept override {}
    void ended(coil::task_record&) noexcept override {}
    void unclaimed(std::exception_ptr, coil::task_record&) noexcept override {}
    coil::task_owner& keep() noexcept override { return *this; }
    void drop() noexcept override {}
    coil::task_owner& run() noexcept override { return *this; }
    void add(coil::task_record&) override {}

    static coil::task<> nothing() { co_return; }
    coil::manual_executor home;
    coil::task_record* record = nullptr;
    somebody() {
        auto h = nothing().release();
        record = coil::task_record::make(h.promise(), h, home, this, coil::place::current());
    }
    ~somebody() { record->abandon(); }
    somebody(const somebody&) = delete;
};

constexpr int children = 3;

// Stands for a coroutine: it is told by its address, and never resumed.
struct alignas(16) frame {
    std::byte bytes[512]{};
    std::coroutine_handle<> handle() { return std::coroutine_handle<>::from_address(bytes); }
};

struct state {
    somebody& task;
    hungry market;
    coil::deque lanes[2]{coil::deque(market), coil::deque(market)};
    coil::join join{coil::join::rule::all};
    coil::fork_slot slots[children];
    frame frames[children], parent_frame;
    coil::region region;
    coil::branch parent;
    std::optional<model::plain<int>> results[children];
    coil::atomic_word<int> went_on{0};

    explicit state(somebody& t) : task(t), parent(*t.record, region, t.home) {
        for (int i = 0; i != children; ++i) {
            slots[i].handle = frames[i].handle();
            results[i].emplace("what a child wrote");
        }
    }
    void run(model::explorer& e, std::coroutine_handle<> h) {
        for (;;) {
            if (h.address() == parent_frame.bytes) {
                for (auto& r : results)
                    e.expect(r->read() == 1, "the parent went on before a child had ended");
                went_on.fetch_add(1, std::memory_order_relaxed);
                return;
            }
            int child = 0;
            while (child != children && frames[child].bytes != h.address())
                ++child;
            if (child == children) return;  // nobody: others will
            results[child]->write(1);
            h = join.ended(slots[child], true);
        }
    }
};

somebody& anybody() {
    static somebody one;
    return one;
}

void owner_and_thief(model::explorer& run) {
    auto s = std::make_shared<state>(anybody());
    s->lanes[0].ask();
    // each thread of the model is a worker of one pool
    run.on_switch([](int) {},
                  [s](int thread) {
                      if (thread < 2) coil::this_thread.forks = &s->lanes[thread];
                      coil::this_thread.here = &s->task.home;
                  });
    run.thread([=, &run] {
        s->run(run, s->join.fork(s->slots, children, s->parent, s->parent_frame.handle()));
        while (coil::fork_slot* const f = s->lanes[0].pop())
            s->run(run, coil::join::begin_detached(*f));
    });
    run.thread([=, &run] {
        for (int tries = 0; tries != 2; ++tries)
            if (coil::fork_slot* const f = s->lanes[0].steal()) s->run(run, coil::join::begin_detached(*f));
    });
    run.at_end([=, &run] {
        run.expect(s->went_on.load() == 1, "the parent did not go on exactly once");
        coil::this_thread.forks = nullptr;
        coil::this_thread.here = nullptr;
        coil::this_thread.current = nullptr;
    });
}

}  // namespace

TEST_CASE("model: a parent goes on once, after all its children, whoever ran them") {
    model::check_every_order({owner_and_thief}, {"join.cpp", "join.hpp"},
                             // who stopped the siblings: not met here
                             {"first_"});
}
