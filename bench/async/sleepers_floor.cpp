// SPDX-License-Identifier: BSL-1.0
// Row sleepers: the floor, a coroutine each over a 4-ary heap.
#include <exception>

#include "../measure/row.hpp"
#include "floor_heap.hpp"
#include "sleepers_work.hpp"

namespace {

floor_of::timer_heap timers;

struct detached {
    struct promise_type {
        detached get_return_object() { return {}; }
        std::suspend_never initial_suspend() noexcept { return {}; }
        std::suspend_never final_suspend() noexcept { return {}; }
        void return_void() {}
        void unhandled_exception() { std::terminate(); }
    };
};

struct sleep_for {
    std::int64_t span;
    bool await_ready() noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) { timers.push({timers.now() + span, h}); }
    void await_resume() noexcept {}
};

detached sleeper(std::uint64_t i, std::uint64_t& woken) {
    co_await sleep_for{sleepers_work::span(i).count()};
    ++woken;
}

measure::result sleepers(std::uint64_t n) {
    std::uint64_t woken = 0;
    const double before = measure::resident_bytes();
    const measure::window w;
    timers.refresh();
    for (std::uint64_t i = 0; i < n; ++i)
        sleeper(i, woken);
    const double after = measure::resident_bytes();
    timers.run();
    measure::result r = w.stop(static_cast<double>(woken));
    r.bytes = (after - before) / static_cast<double>(n);
    return r;
}

const measure::enrol all[] = {
    {"sleepers/heap", sleepers_work::million, sleepers, measure::shape::whole},
};

}  // namespace
