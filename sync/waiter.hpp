// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/coro/wait.hpp>
#include <coil/sync/word.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace coil {

class wait_list;
class waiter;

/// Names who may own a lock: a branch or, where no branch runs, a thread. Never zero; its three low bits are zero.
using holder_id = std::uintptr_t;
inline holder_id this_holder() noexcept {
    if (this_thread.current) return reinterpret_cast<holder_id>(this_thread.current);
    return reinterpret_cast<holder_id>(&this_thread);
}
/// What errors call it.
inline const char* this_holder_in_words() noexcept {
    return this_thread.current ? "this branch" : "this thread";
}

/// Is who waits: a branch or a plain thread. Whoever ends the wait wins its claim with one compare-and-swap; the loser
/// touches nothing more.
///
///     claim_: open -> granted   by whoever gives what is waited for, under the lock of the line
///                  -> stopped   by a stop        the waiter is still in its line, and whoever won takes it out:
///                  -> late      by its deadline  until then the line lives
///                  -> orphaned  by the destructor of the primitive
///                  -> promised  it moves to another line, where nothing but a grant can end it
///                  -> passed    it is one alternative of a choice that another has won; the line passes over it
///                  -> ringing   by its alarm, which has to take the lock of the line: until it has done so, and opened
///                               the claim again, the line lives, nobody grants it, and a stop waits
///             promised -> granted | orphaned;  passed -> stopped | late | orphaned;  ringing -> open
///
/// What a winner wrote before the wake-up is seen after it: posting a node and `unpark` both release.
class claimant {
public:
    enum class outcome : std::uint8_t { open, promised, ringing, passed, granted, stopped, late, orphaned };

    struct unset {};  // for what need not wait as a rule: it says who it is by `waits_as`
    explicit claimant(unset) noexcept {}
    claimant(parker& sleeping, holder_id thread) noexcept : thread_(&sleeping), holder_(thread) {}
    claimant(const claimant&) = delete;
    claimant& operator=(const claimant&) = delete;

    /// Before a branch waits: opens the claim.
    void waits_as(wait& suspended) noexcept {
        set_state(outcome::open);
        branch_ = &suspended;
        holder_ = 0;
    }

    /// Wins or loses the right to end the wait; the winner wakes it, once, under no lock.
    bool win(outcome how) noexcept {
        outcome found = outcome::open;
        while (!replace(claim_, found, how)) {
            if (found == outcome::passed) return replace(claim_, found, how);
            if (found != outcome::ringing) return false;
            found = outcome::open;
            await_alarm();
        }
        return true;
    }
    /// The same for the line that it is in, under its lock: what was promised is won without a race.
    bool win_in_line(outcome how) noexcept {
        outcome found = outcome::open;
        if (replace(claim_, found, how)) [[likely]]
            return true;
        if (found == outcome::passed) return how != outcome::granted && replace(claim_, found, how);
        if (found != outcome::promised) return false;
        set_state(how);
        return true;
    }
    /// Asked before anything is handed over, under the lock of the line: false if it is one alternative of a choice
    /// that another has won. Then it is passed over, and soon leaves.
    bool takes() noexcept {
        if (holder_ != 0 || branch_->takes()) [[likely]]
            return true;
        win_in_line(outcome::passed);
        return false;
    }
    outcome state() const noexcept { return claim_.load(std::memory_order_acquire); }
    bool is_waiting() const noexcept { return state() <= outcome::ringing; }
    /// Before it waits, or when nobody else can know it: opens or closes the claim without a race.
    void set_state(outcome how) noexcept { claim_.store(how, std::memory_order_relaxed); }

    /// The wait of a branch that is no alternative of a choice, and so takes what it is given; else null.
    wait* alone() const noexcept {
        if (holder_ != 0 || branch_->tag() != node::plain) [[unlikely]]
            return nullptr;
        return branch_;
    }

    /// Who would own what is granted.
    holder_id holder() const noexcept {
        return holder_ != 0 ? holder_ : reinterpret_cast<holder_id>(&branch_->actor());
    }
    /// Wakes it: called once, under no lock, by whoever has won the claim.
    void wake() noexcept {
        if (holder_ == 0) [[likely]] branch_->make_ready();
        else thread_->unpark();
    }

private:
    friend class wake_batch;
    friend class wait_list;
    void await_alarm() const noexcept;
    atomic_word<outcome> claim_{outcome::open};
    union {
        wait* branch_;
        parker* thread_;
    };
    holder_id holder_;  // of a thread; 0: it is a branch
    claimant* next_;    // in a wake_batch
};

/// Is who waits at one place in a line. It lies in the awaiter, or on the stack of a thread.
class waiter : public claimant {
public:
    /// A branch: it says which by `waits_as` when it has to wait.
    explicit waiter(std::uint64_t wanted) noexcept : claimant(unset()), wants(wanted) {}
    /// A thread.
    waiter(parker& sleeping, holder_id thread, std::uint64_t wanted) noexcept
        : claimant(sleeping, thread), wants(wanted) {
        line_.store(nullptr, std::memory_order_relaxed);
    }

    /// Before a branch waits: opens the claim; it is in no line so far.
    void waits_as(wait& suspended) noexcept {
        claimant::waits_as(suspended);
        line_.store(nullptr, std::memory_order_relaxed);
    }
    /// The same before a thread waits.
    void waits_again() noexcept {
        set_state(outcome::open);
        line_.store(nullptr, std::memory_order_relaxed);
    }

    std::uint64_t wants;  // for the primitive: permits, shared or exclusive

private:
    friend class wait_list;
    waiter* previous_;  // these while it is in a line, under that line's lock
    waiter* following_;
    std::uint64_t ticket_;
    // null: in none so far; written under the lock of the line that it enters. What was granted is looked for in none.
    atomic_word<wait_list*> line_;
};

/// Collects whom to wake while a lock is held, and wakes them when it goes out of scope: declare it before the lock.
/// Branches that have one home are posted in one batch, in their order.
class wake_batch {
public:
    wake_batch() noexcept {}
    wake_batch(const wake_batch&) = delete;
    wake_batch& operator=(const wake_batch&) = delete;
    ~wake_batch() {
        if (first_) fire();
    }

    void add(claimant& c) noexcept {
        c.next_ = nullptr;
        if (first_) last_->next_ = &c;
        else first_ = &c;
        last_ = &c;
    }
    bool empty() const noexcept { return first_ == nullptr; }
    /// Wakes those collected so far.
    void fire() noexcept;

private:
    [[gnu::noinline]] static void wake_all(claimant* first) noexcept;

    claimant* first_ = nullptr;
    claimant* last_;  // meaningless while there is none
};

}  // namespace coil
