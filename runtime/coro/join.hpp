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

    join& group() const noexcept { return *reinterpret_cast<join*>(group_ & ~tags); }
    /// True if it is not run by the line that forked it: its end is counted with an atomic.
    bool detached() const noexcept { return (group_ & apart) != 0; }
    /// True if the line that forked it runs it, and its end with a value is no news.
    bool plain() const noexcept { return (group_ & tags) == 0; }
    join& group_of_plain() const noexcept { return *reinterpret_cast<join*>(group_); }
    /// `tagged`: from `tag`.
    void belong_to(std::uintptr_t tagged) noexcept { group_ = tagged; }
    static std::uintptr_t tag(join& j, bool any_end_is_news) noexcept {
        return reinterpret_cast<std::uintptr_t>(&j) | (any_end_is_news ? news : 0);
    }
    void detach() noexcept { group_ |= apart; }

    branch line;

private:
    static constexpr std::uintptr_t apart = 1, news = 2, tags = 3;
    std::uintptr_t group_;
};

/// Is the meeting point of forked children. The line that forks runs the first child itself, then takes the next one
/// back from its lane, and so on: unless a thief has one, neither start nor end of a child needs an atomic. A child that
/// somebody else ran pays one increment; whoever brings the balance to zero resumes the parent.
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
        resume_.handle = frame;
        resume_.set_owner(&parent);
        lane* const own = parent.home == this_thread.here && !all_detached ? this_thread.forks : nullptr;
        if (!own) [[unlikely]]
            return fork_elsewhere(slots, count, parent);
        const std::uintptr_t us = fork_slot::tag(*this, rule_ != rule::all);
        prepare(slots[0], parent, us);
        this_thread.current = &slots[0].line;
        for (std::uint32_t i = count - 1; i != 0; --i) {
            prepare(slots[i], parent, us);
            own->push(slots[i]);
        }
        return slots[0].handle;
    }

    /// A child has ended. Returns whom to resume.
    static std::coroutine_handle<> ended(fork_slot& s, bool with_value) noexcept {
        // no call but in the tail, so that the way without surprises needs no registers saved
        if (!with_value || !s.plain()) [[unlikely]]
            return s.group().ended_otherwise(s, with_value);
        join& group = s.group_of_plain();
        fork_slot* next = &s + 1;
        if (next == group.end_) [[likely]]
            return group.back_to_parent();
        lane* const own = this_thread.forks;
        if (!own || !own->take_at_once(*next)) [[unlikely]]
            return group.go_on_with(*next);
        if (next->line.root->stopping.load(std::memory_order_relaxed) != 0) [[unlikely]]
            return begin(*next);
        this_thread.current = &next->line;
        return next->handle;
    }

    /// True if, at the end of all children, one of them had no value. Under `all` nothing was stopped if not.
    bool lacks_a_value() const noexcept { return lacks_a_value_.load(std::memory_order_relaxed); }
    void lack_a_value() noexcept { lacks_a_value_.store(true, std::memory_order_relaxed); }
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
            return account_for(0);
        this_thread.current = parent;
        return resume_.handle;
    }
    void prepare(fork_slot& s, branch& parent, std::uintptr_t us) noexcept {
        s.line.fork_from(parent, region_);
        s.belong_to(us);
        bind(s);
    }
    static void bind(fork_slot& s) noexcept;
    static std::coroutine_handle<> begin(fork_slot& s) noexcept;
    std::coroutine_handle<> fork_elsewhere(fork_slot* slots, std::uint32_t count, branch& parent) noexcept;
    std::coroutine_handle<> ended_otherwise(fork_slot& s, bool with_value) noexcept;
    std::coroutine_handle<> go_on_with(fork_slot& next) noexcept;
    std::coroutine_handle<> account_for(std::uint32_t change) noexcept;
    void noteworthy(fork_slot& s, bool with_value) noexcept;

    region region_;
    // How many detached children have ended, less, once the line that forked goes no further, those that it has not run:
    // whoever brings it to zero resumes the parent. What the line runs itself is not counted; its slots tell how far it is.
    atomic_word<std::uint32_t> balance_{0};
    rule rule_;
    atomic_word<bool> lacks_a_value_{false};  // ordered by balance_
    [[maybe_unused]] std::uint16_t filler_ = 0;  // as in `region`
    atomic_word<fork_slot*> first_{nullptr};
    fork_slot* end_;
    node resume_;  // the parent
};

}  // namespace coil
