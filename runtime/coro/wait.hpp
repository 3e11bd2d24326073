// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <atomic>
#include <cstdint>
#include <string>

namespace coil {

class wait;

/// Is a lock as the wait for it sees it: what the report of a deadlock is made of.
struct held_lock {
    const void* lock = nullptr;
    std::uintptr_t holder = 0;     // who owns it: the address of a branch, or of what a plain thread has instead
    std::uint64_t hand_overs = 0;  // as long as it is the same and somebody waits, so is the holder
    const char* name = nullptr;    // "mutex"
    place taken_at;
};

/// Is what a kind of wait can do; one constant table per kind.
struct wait_table {
    /// Asked when the branch is stopped. Returns true if the wait ended by it: it left its source, nobody else will
    /// make it ready, and the caller posts it home. False: its source will, or has. May be asked several times.
    bool (*stop)(wait&) noexcept;
    /// The executor whose thread alone may call `stop`, or null if any thread may.
    executor* (*where)(const wait&) noexcept;
    /// Appends what is waited for: "timer", "read of fd 7".
    void (*describe)(const wait&, std::string&);
    /// Of a wait for a lock that somebody owns, which nothing but its being freed, or a stop, ends: says which. False if
    /// it is over. Asked as `describe` is. Null: a wait of another kind.
    bool (*held)(const wait&, held_lock&) = nullptr;
};

/// Is one suspension of one branch. Whoever ends it (value, stop, deadline, close) wins the claim with one
/// compare-and-swap, or under the one lock or on the one thread of its source; the loser touches nothing more.
/// A concrete wait is an awaiter: `await_ready` starts with `refused`, `await_suspend` calls `enter`, which makes it
/// visible to stops and to its source in one step, `await_resume` starts with `finish`.
class wait : public node {
public:
    explicit wait(const wait_table& t) noexcept : table_(&t) {}
    /// Of a kind that often need not suspend: it says its table by `set_table` when it does.
    explicit wait(node::unset) noexcept : node(node::unset()) { tagged_branch = 0; }
    // movable until awaited: what is copied is the request, not the suspension
    wait(wait&& other) noexcept : node(), table_(other.table_) { tagged_branch = other.tagged_branch; }
    wait& operator=(wait&&) = delete;

    /// Says for which branch the wait will be; `co_await` in a task and the combinators call it.
    void attach(branch& b) noexcept { set_owner(untagged(b)); }

    enum class claim_state : std::uint8_t { open, taken, stopped };

    /// Wins or loses the right to end this wait. Threads: any, while the source keeps the wait alive.
    bool claim(claim_state how) noexcept {
        claim_state expected = claim_state::open;
        return claim_.compare_exchange_strong(expected, how, std::memory_order_acq_rel, std::memory_order_relaxed);
    }
    bool is_claimed() const noexcept { return claim_.load(std::memory_order_acquire) != claim_state::open; }
    bool was_stopped() const noexcept { return claim_.load(std::memory_order_acquire) == claim_state::stopped; }

    /// Makes the branch run again at its home. Called once, by whoever ended the wait.
    void make_ready() noexcept { owner()->home->ready(*this); }

    /// Asked by a source, under its lock, before it hands anything to a waiter: false if that is one alternative of a
    /// choice that another has won. Then the waiter stays in its line, and is about to leave it.
    bool takes() noexcept {
        if (tag() != node::one_of) [[likely]]
            return true;
        return takes_as_arm();
    }
    /// The branch that owns what is got: it outlives the wait.
    branch& actor() noexcept {
        if (tag() != node::one_of) [[likely]]
            return *owner();
        return actor_of_arm();
    }

    /// The branch of a wait that is no alternative.
    branch& alone() const noexcept { return *reinterpret_cast<branch*>(tagged_branch); }

    /// Asked while a `wait_reading` lives, and no longer than the wait lies in its record's list.
    void describe(std::string& text) const { table_->describe(*this, text); }
    bool held(held_lock& l) const { return table_->held && table_->held(*this, l); }

protected:
    ~wait() = default;

    /// Tells whether the branch is stopped, before anything is taken; then `finish` throws.
    bool refused() noexcept {
        branch* b = owner();
        if (!b) [[unlikely]]
            outside_of_a_task();
        if (b->root->stopping.load(std::memory_order_relaxed) != 0) [[unlikely]]
            return refused_slow();
        return false;
    }
    /// Makes the suspension known to stops, and then, under the record's lock, to its source: `publish` does that and
    /// returns false if the source has ended the matter already. Returns false if the coroutine is not to suspend.
    /// Once `publish` has returned true the wait may end on another thread: nothing of it is touched afterwards; its
    /// frame cannot die before, because `leave` takes the same lock.
    template <class F>
    bool enter(std::coroutine_handle<> h, F publish) noexcept {
        handle = h;
        owner()->suspends();
        task_record& r = *owner()->root;
        if (r.shared()) [[unlikely]]
            return enter_locked(r, F(publish));  // a copy, so that the other one stays in registers
        return enter_unlocked(r, publish);
    }
    /// True if nothing is to be looked at before this is entered: the wait is its branch's own, no time limit has to be
    /// armed, the task lives on one thread, and nothing of it is stopped.
    bool enters_at_once() const noexcept {
        if (tag() != plain) [[unlikely]]
            return false;
        const branch& b = alone();
        const task_record& r = *b.root;
        return !b.limits_to_arm() && !r.shared() && r.stopping.load(std::memory_order_acquire) == 0;
    }
    /// `enter`, after that.
    void enter_at_once(std::coroutine_handle<> h) noexcept {
        handle = h;
        alone().root->link_at_once(*this);
    }
    /// Undoes `enter`; at home, once per `enter`.
    void leave() noexcept {
        task_record& r = *owner()->root;
        if (r.shared()) [[unlikely]]
            r.leave(*this);
        else r.unlink(*this);
    }
    /// After a suspension: leaves, and throws `cancelled` if a stop ended it. Without one: throws if it was refused.
    void finish() {
        if (entered_) leave();
        if (was_stopped()) [[unlikely]]
            throw cancelled();
    }
    bool has_entered() const noexcept { return entered_; }
    const wait_table& table() const noexcept { return *table_; }
    void set_table(const wait_table& t) noexcept { table_ = &t; }
    void set_claim(claim_state how) noexcept { claim_.store(how, std::memory_order_relaxed); }

private:
    friend class task_record;
    friend class choice;
    bool takes_as_arm() noexcept;
    branch& actor_of_arm() noexcept;
    enum class withdrawal : std::uint8_t { ended, coming, elsewhere };
    /// Ends the wait as stopped, if this thread may and its source has not ended it; it has left every list then.
    withdrawal withdraw() noexcept;

    template <class F>
    bool enter_unlocked(task_record& r, const F& publish) noexcept {
        if (!r.link(*this)) [[unlikely]]
            return false;
        if (publish()) return true;
        r.unlink(*this);
        return false;
    }
    // Out of the way: the lock would take registers from those who need none.
    template <class F>
    [[gnu::noinline]] bool enter_locked(task_record& r, const F& publish) noexcept {
        const task_record::locked lock(r);
        return enter_unlocked(r, publish);
    }
    bool refused_slow() noexcept;
    [[noreturn]] static void outside_of_a_task();

    const wait_table* table_;
    wait* next_wait_;  // in the record's list of suspensions, once it is entered
    wait* previous_wait_;
    std::atomic<claim_state> claim_{claim_state::open};
    bool entered_ = false;
};

// Here, because every suspension comes by: a call would cost as much as they do.

inline wait* task_record::newest_wait() const noexcept {
    return static_cast<wait*>(waits().load(std::memory_order_relaxed));
}

inline bool task_record::link(wait& w) noexcept {
    if (stopping.load(std::memory_order_acquire) != 0 && w.refused_slow()) [[unlikely]]
        return false;
    link_at_once(w);
    return true;
}

inline void task_record::link_at_once(wait& w) noexcept {
    w.set_claim(wait::claim_state::open);  // it may have been awaited before
    wait* const first = newest_wait();
    w.next_wait_ = first;
    w.previous_wait_ = nullptr;
    if (first) first->previous_wait_ = &w;
    waits().store(&w, std::memory_order_release);
    w.entered_ = true;
}

inline void task_record::unlink(wait& w) noexcept {
    wait* const older = w.next_wait_;
    wait* const newer = w.previous_wait_;
    if (newer) newer->next_wait_ = older;
    else waits().store(older, std::memory_order_release);
    if (older) older->previous_wait_ = newer;
    w.entered_ = false;
}

}  // namespace coil
