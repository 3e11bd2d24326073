// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/manual_executor.hpp>

#include <coil/runtime/base/contract.hpp>

#include <algorithm>
#include <mutex>
#include <utility>

namespace coil {

class manual_executor::working {
public:
    explicit working(manual_executor& e) noexcept
        : here_(std::exchange(this_thread.here, &e)),
          ready_(std::exchange(this_thread.ready, &e.ready_)),
          forks_(std::exchange(this_thread.forks, nullptr)),
          current_(std::exchange(this_thread.current, nullptr)),
          turns_(std::exchange(this_thread.turns, 0)) {}  // one node per step: nobody goes straight on
    ~working() {
        this_thread.here = here_;
        this_thread.ready = ready_;
        this_thread.forks = forks_;
        this_thread.current = current_;
        this_thread.turns = turns_;
    }

private:
    executor* here_;
    node_list* ready_;
    lane* forks_;
    branch* current_;
    std::uint32_t turns_;
};

manual_executor::manual_executor() { timers_.reserve(16); }

manual_executor::~manual_executor() {
    if (!timers_.empty()) broken("a manual_executor was destroyed while timers are armed on it");
}

void manual_executor::post(node& n) noexcept {
    std::scoped_lock guard(lock_);
    posted_.push_back(n);
}

void manual_executor::post(node_list&& batch) noexcept {
    std::scoped_lock guard(lock_);
    posted_.append(std::move(batch));
}

void manual_executor::arm(timer_ref t) noexcept {
    timers_.push_back(t);
}

bool manual_executor::disarm(timer_ref t) noexcept {
    return std::erase(timers_, t) != 0;
}

bool manual_executor::wants_turn() noexcept {
    collect();
    return !ready_.empty();
}

void manual_executor::collect() noexcept {
    std::scoped_lock guard(lock_);
    ready_.append(std::move(posted_));
}

bool manual_executor::step() {
    collect();
    node* n = ready_.pop_front();
    if (!n) return false;
    const working mark(*this);
    run_node(*n);
    return true;
}

std::size_t manual_executor::drain() {
    std::size_t count = 0;
    while (step()) ++count;
    return count;
}

bool manual_executor::fire_first(time_point end) {
    auto due = std::min_element(timers_.begin(), timers_.end(),
                                [](timer_ref a, timer_ref b) { return a.key().deadline < b.key().deadline; });
    if (due == timers_.end() || due->key().deadline > end || due->key().deadline == never) return false;
    const timer_ref t = *due;
    timers_.erase(due);
    now_ = std::max(now_, t.key().deadline);
    const working mark(*this);
    t.fire();
    return true;
}

void manual_executor::fire() {
    while (fire_first(now_)) {}
}

void manual_executor::advance(nanoseconds d) {
    const time_point end = deadline_after(now_, d);
    drain();
    while (fire_first(end)) drain();
    now_ = end;
}

}  // namespace coil
