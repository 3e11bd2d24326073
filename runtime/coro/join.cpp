// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/join.hpp>

#include <coil/runtime/coro/promise.hpp>

namespace coil {

namespace {
// The line that forked takes the next child back, if it is still on the lane where it forked and no thief has it.
bool take_back(fork_slot& next) noexcept {
    lane* const own = this_thread.forks;
    return own && own->take(next);
}
// Less the children that the line does not run: from this one on others have them.
std::uint32_t left_from(const fork_slot& s, const fork_slot* end) noexcept {
    return -static_cast<std::uint32_t>(end - &s);
}
}  // namespace

std::coroutine_handle<> join::fork_elsewhere(fork_slot* slots, std::uint32_t count, branch& parent) noexcept {
    balance_.store(-count, std::memory_order_relaxed);
    const std::uintptr_t us = fork_slot::tag(*this, rule_ != rule::all);
    node_list others;
    for (std::uint32_t i = 0; i != count; ++i) {
        prepare(slots[i], parent, us);
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
        j.lack_a_value();
        if (s->detached()) return j.account_for(1);
        fork_slot* next = s + 1;
        if (next == j.end_) return j.account_for(0);
        if (!take_back(*next)) return j.account_for(left_from(*next, j.end_));
        s = next;
    }
}

std::coroutine_handle<> join::ended_otherwise(fork_slot& s, bool with_value) noexcept {
    if (!with_value) lack_a_value();
    noteworthy(s, with_value);
    if (s.detached()) return account_for(1);
    fork_slot* next = &s + 1;
    return next != end_ ? go_on_with(*next) : back_to_parent();
}

std::coroutine_handle<> join::go_on_with(fork_slot& next) noexcept {
    return take_back(next) ? begin(next) : account_for(left_from(next, end_));
}

std::coroutine_handle<> join::account_for(std::uint32_t change) noexcept {
    // acquire and release: the last one sees what every child wrote, and hands it to the parent
    if (balance_.fetch_add(change, std::memory_order_acq_rel) + change != 0) {
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
