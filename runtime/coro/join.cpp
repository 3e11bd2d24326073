// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/join.hpp>

#include <coil/runtime/coro/promise.hpp>

namespace coil {

std::coroutine_handle<> join::fork_elsewhere(fork_slot* slots, std::uint32_t count, branch& parent) noexcept {
    node_list others;
    for (std::uint32_t i = 0; i != count; ++i) {
        prepare(slots[i], parent);
        slots[i].detach();
        slots[i].set_owner(&slots[i].line, node::first);
        if (i != 0) others.push_back(slots[i]);
    }
    if (!others.empty()) parent.home->post(std::move(others));
    // the first child begins at once, as part of this step
    this_thread.current = &slots[0].line;
    return slots[0].handle;
}

std::coroutine_handle<> join::begin(fork_slot& first) noexcept {
    fork_slot* s = &first;
    for (;;) {
        const branch& line = s->line;
        if (line.root->stopping.load(std::memory_order_acquire) == 0 || !region::reaches(line.innermost)) {
            this_thread.current = &s->line;
            return s->handle;
        }
        // nobody has begun it and it is stopped: it ends here, unrun
        promise_base::of(s->handle).end_unrun();
        join& j = s->group();
        if (s->detached()) return j.ended_detached(1);
        ++j.done_inline_;
        fork_slot* next = s + 1;
        if (next == j.end_ || this_thread.forks != j.lane_ || !j.lane_->take(*next))
            return j.ended_detached(j.done_inline_);
        s = next;
    }
}

std::coroutine_handle<> join::ended_otherwise(fork_slot& s, bool with_value) noexcept {
    noteworthy(s, with_value);
    if (s.detached()) return ended_detached(1);
    ++done_inline_;
    fork_slot* next = &s + 1;
    return next != end_ ? go_on_with(*next) : back_to_parent();
}

// The line that forked takes the next child back, if no thief has it.
std::coroutine_handle<> join::go_on_with(fork_slot& next) noexcept {
    if (this_thread.forks != lane_ || !lane_->take(next)) return ended_detached(done_inline_);
    return begin(next);
}

std::coroutine_handle<> join::ended_detached(std::uint32_t how_many) noexcept {
    // acquire and release: the last one sees what every child wrote, and hands it to the parent
    if (left_.fetch_sub(how_many, std::memory_order_acq_rel) != how_many) {
        this_thread.current = nullptr;
        return std::noop_coroutine();
    }
    branch* parent = resume_.owner();
    if (parent->home == this_thread.here) {
        this_thread.current = parent;
        return resume_.handle;
    }
    this_thread.current = nullptr;  // what is returned is nobody's
    parent->home->post(resume_);
    return std::noop_coroutine();
}

void join::noteworthy(fork_slot& s, bool with_value) noexcept {
    if (rule_ == rule::each || (with_value && rule_ == rule::all)) return;
    if (!with_value && promise_base::of(s.handle).how() == promise_base::outcome::stopped) {
        // stopped from outside or by a sibling: that is no news; a `cancelled` that nothing caused is an error
        if (region::reaches(&region_)) return;
    }
    fork_slot* nobody = nullptr;
    if (first_.compare_exchange_strong(nobody, &s, std::memory_order_acq_rel)) s.line.root->stop(region_);
}

}  // namespace coil
