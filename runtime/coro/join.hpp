// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/lane.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>

namespace coil {

class join;

/// Is one forked child: its place in a queue, its branch, and the join that waits for it. It lies in the awaiter.
struct fork_slot : node {
    explicit fork_slot(unset u = {}) noexcept : node(u), line(branch::unset{}) {}

    join& group() const noexcept { return *reinterpret_cast<join*>(group_ & ~apart); }
    /// True if it is not run by the line that forked it: its end is counted with an atomic.
    bool detached() const noexcept { return (group_ & apart) != 0; }
    void belong_to(join& j) noexcept { group_ = reinterpret_cast<std::uintptr_t>(&j); }
    void detach() noexcept { group_ |= apart; }

    branch line;

private:
    static constexpr std::uintptr_t apart = 1;
    std::uintptr_t group_;
};

/// Is the meeting point of forked children. The line that forks runs the first child itself, then takes the next one
/// back from its lane, and so on: unless a thief has one, neither start nor end of a child needs an atomic. A child that
/// somebody else ran pays one decrement; whoever brings the count to zero resumes the parent.
class join {
public:
    /// all: a child that fails stops the others. any: the first that ends stops the others. each: nobody stops anybody.
    enum class rule : std::uint8_t { all, any, each };

    explicit join(rule r) noexcept : rule_(r), resume_(node::unset{}) {}
    join(const join&) = delete;
    join& operator=(const join&) = delete;

    /// Forks `count` >= 1 children whose handles are in their slots; returns the first one's frame, to be transferred to.
    std::coroutine_handle<> fork(fork_slot* slots, std::uint32_t count, branch& parent, std::coroutine_handle<> frame,
                                 bool all_detached = false) noexcept {
        region_.outer = parent.innermost;
        end_ = slots + count;
        left_.store(count, std::memory_order_relaxed);
        done_inline_ = 0;
        resume_.handle = frame;
        resume_.set_owner(&parent);
        lane_ = parent.home == this_thread.here && !all_detached ? this_thread.forks : nullptr;
        if (!lane_) [[unlikely]]
            return fork_elsewhere(slots, count, parent);
        for (std::uint32_t i = count - 1; i != 0; --i) {
            prepare(slots[i], parent);
            lane_->push(slots[i]);
        }
        prepare(slots[0], parent);
        this_thread.current = &slots[0].line;
        return slots[0].handle;
    }

    /// A child has ended. Returns whom to resume.
    std::coroutine_handle<> ended(fork_slot& s, bool with_value) noexcept {
        // no call but in the tail, so that the way without surprises needs no registers saved
        if (!with_value || rule_ != rule::all || s.detached()) [[unlikely]]
            return ended_otherwise(s, with_value);
        ++done_inline_;
        fork_slot* next = &s + 1;
        if (next != end_) {
            if (this_thread.forks != lane_ || !lane_->take_at_once(*next)) [[unlikely]]
                return go_on_with(*next);
            if (next->line.root->stopping.load(std::memory_order_relaxed) != 0) [[unlikely]]
                return begin(*next);
            this_thread.current = &next->line;
            return next->handle;
        }
        return back_to_parent();
    }

    /// Under `any` the first child that ended, else the first that failed with an error; or null.
    fork_slot* first() const noexcept { return first_.load(std::memory_order_acquire); }
    /// Closes the children's region. Called by the parent once it runs again.
    void close() noexcept { resume_.owner()->root->closed(region_); }
    region& children() noexcept { return region_; }
    /// The frame that forked.
    std::coroutine_handle<> parent() const noexcept { return resume_.handle; }

    /// Takes a slot out of a queue to run it apart from the forking line. Returns the frame to resume.
    static std::coroutine_handle<> begin_detached(fork_slot& s) noexcept {
        s.detach();
        return begin(s);
    }

private:
    std::coroutine_handle<> back_to_parent() noexcept {
        branch* parent = resume_.owner();
        if (parent->home != this_thread.here) [[unlikely]]
            return ended_detached(done_inline_);
        this_thread.current = parent;
        return resume_.handle;
    }
    void prepare(fork_slot& s, branch& parent) noexcept {
        s.line.fork_from(parent, region_);
        s.belong_to(*this);
        bind(s);
    }
    static void bind(fork_slot& s) noexcept;
    static std::coroutine_handle<> begin(fork_slot& s) noexcept;
    std::coroutine_handle<> fork_elsewhere(fork_slot* slots, std::uint32_t count, branch& parent) noexcept;
    std::coroutine_handle<> ended_otherwise(fork_slot& s, bool with_value) noexcept;
    std::coroutine_handle<> go_on_with(fork_slot& next) noexcept;
    std::coroutine_handle<> ended_detached(std::uint32_t how_many) noexcept;
    void noteworthy(fork_slot& s, bool with_value) noexcept;

    region region_;
    lane* lane_;  // where the children were pushed; null: posted to the home
    fork_slot* end_;
    std::uint32_t done_inline_;        // ended on the forking line; only that line touches it
    atomic_word<std::uint32_t> left_;  // children not yet accounted for by an atomic
    rule rule_;
    node resume_;  // the parent
    atomic_word<fork_slot*> first_{nullptr};
};

}  // namespace coil
