// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/sync/waiter.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>

namespace coil {

/// Tells how a primitive has been waited for.
struct wait_statistics {
    std::size_t waiters = 0;         // that wait now
    std::uint64_t hand_overs = 0;    // what was given to somebody who waited for it
    std::size_t longest_queue = 0;   // the most that ever waited at once
};

/// Is what a primitive tells its line; one constant per primitive. All are called under the lock of the line.
struct line_rules {
    const char* name;  // "mutex"
    /// Takes what the waiter wants if it can be had at once; true if so. Null: it never can.
    bool (*arrive)(wait_list&, waiter&) noexcept;
    /// A waiter has left without a grant (stopped, too late): what it held up may go to others. Null: nothing to do.
    void (*left)(wait_list&, waiter&, wake_batch&) noexcept;
    /// As `arrive`, for who may let others go on by what it takes.
    bool (*arrive_and_wake)(wait_list&, waiter&, wake_batch&) noexcept = nullptr;
    /// Says who owns what is waited for, and since when. Null: nobody owns such a thing.
    void (*owner)(const wait_list&, held_lock&) noexcept = nullptr;
};

/// Is the line of those who wait at a primitive: first in, first out, coroutines, fibers and threads mixed.
/// Shape: it shares the lock of its primitive, which may have several lines under one lock.
/// Threads: any. Cost: nothing is allocated; each call here is a few instructions under the lock.
/// Lifetime: destroying it while somebody waits is reported through the log hook, and ends those waits with an error.
class wait_list {
public:
    wait_list(spin_lock& lock, const line_rules& rules, void* primitive) noexcept
        : lock_(&lock), rules_(&rules), primitive_(primitive) {}
    wait_list(const wait_list&) = delete;
    wait_list& operator=(const wait_list&) = delete;
    ~wait_list();

    spin_lock& lock() const noexcept { return *lock_; }
    const char* name() const noexcept { return rules_->name; }
    /// "a mutex", "an event".
    std::string name_with_article() const;
    /// Whose line it is, for its rules.
    template <class Primitive>
    Primitive& of() const noexcept {
        return *static_cast<Primitive*>(primitive_);
    }

    // ---- under the lock

    /// True if nobody is in the line; somebody whose claim is lost but who has not left yet still is.
    bool empty() const noexcept { return first_ == nullptr; }
    std::size_t size() const noexcept { return tickets_ - departures_; }
    /// The first who can still be granted, or null.
    waiter* front() const noexcept { return open_from(first_); }
    waiter* after(const waiter& w) const noexcept { return open_from(w.following_); }
    void push_back(waiter& w) noexcept {
        w.line_.store(this, std::memory_order_release);
        w.ticket_ = tickets_++;
        w.following_ = nullptr;
        waiter* const before = last_;
        w.previous_ = before;
        last_ = &w;
        if (first_) before->following_ = &w;
        else first_ = &w;
        if (size() > longest_) longest_ = size();
    }
    /// Gives a waiter what it waits for: it leaves the line, and `wakes` wakes it. False if its wait has ended
    /// otherwise.
    bool grant(waiter& w, wake_batch& wakes) noexcept {
        if (!w.takes() || !w.win_in_line(claimant::outcome::granted)) return false;
        unlink(w);
        wakes.add(w);
        return true;
    }
    /// Grants the first who can be granted; null if there is none.
    waiter* grant_front(wake_batch& wakes) noexcept {
        waiter* const w = grant_front();
        if (w) wakes.add(*w);
        return w;
    }
    /// The same for whoever wakes him by himself, once the lock was dropped.
    waiter* grant_front() noexcept {
        for (waiter* w = first_; w; w = w->following_) {
            if (!w->takes() || !w->win_in_line(claimant::outcome::granted)) [[unlikely]]
                continue;  // its wait has ended otherwise, and it is about to leave
            unlink(*w);
            return w;
        }
        return nullptr;
    }
    /// The first of all, whether it can be granted or not.
    waiter* first() const noexcept { return first_; }
    /// Grants the first, as long as it is a branch that waits for this alone; else null, and nothing has happened.
    wait* grant_first_branch() noexcept {
        waiter* const w = first_;
        wait* const suspended = w ? w->alone() : nullptr;
        if (!suspended || !w->win_in_line(claimant::outcome::granted)) [[unlikely]]
            return nullptr;
        first_ = w->following_;
        ++departures_;
        return suspended;
    }
    /// Takes the first out to whom nothing but another line can give what it waits for; null if there is none.
    waiter* promise_front() noexcept {
        for (waiter* w = front(); w; w = front()) {
            if (!w->win(claimant::outcome::promised)) continue;
            unlink(*w);
            return w;
        }
        return nullptr;
    }
    /// Who comes from now on has this ticket or a later one.
    std::uint64_t next_ticket() const noexcept { return tickets_; }
    static std::uint64_t ticket_of(const waiter& w) noexcept { return w.ticket_; }
    /// Grants all that wait now, a thousand under one locking, and unlocks. Who comes meanwhile is not among them.
    std::size_t grant_all(std::unique_lock<spin_lock>& held) noexcept;

    // ---- takes the lock

    /// The same, from the locking on.
    std::size_t grant_all() noexcept {
        std::unique_lock held(*lock_);
        return grant_all(held);
    }
    /// Puts a waiter whose claim is open into the line unless what it wants can be had at once; false if so, or if its
    /// deadline was quicker.
    bool enter(waiter& w) noexcept {
        if (rules_->arrive_and_wake) return enter_and_wake(w);
        const std::scoped_lock guard(*lock_);
        if (!w.is_waiting()) [[unlikely]]
            return false;
        if (rules_->arrive && rules_->arrive(*this, w)) {
            // a deadline that claims now finds us in no line, and does nothing more
            w.set_state(claimant::outcome::granted);
            return false;
        }
        push_back(w);
        return true;
    }
    /// The first half of that: true if what it wants could be had at once.
    bool take_at_once(waiter& w) noexcept;
    /// Takes a waiter out whose claim a stop or a deadline has won; false if it was not in the line yet.
    bool leave(waiter& w) noexcept;

    wait_statistics statistics() const noexcept;
    /// Wakes who is not at home on this loop, out of the way of those who are; true, for a tail call.
    static bool wake_elsewhere(wait& granted) noexcept;
    /// False if nobody owns what is waited for here.
    bool held(held_lock& l) const noexcept;

private:
    static waiter* open_from(waiter* w) noexcept {
        while (w && !w->is_waiting()) [[unlikely]]
            w = w->following_;
        return w;
    }
    void unlink(waiter& w) noexcept {
        waiter* const after_it = w.following_;
        if (first_ == &w) first_ = after_it;
        else w.previous_->following_ = after_it;
        if (last_ == &w) last_ = w.previous_;
        else after_it->previous_ = w.previous_;
        ++departures_;
    }
    bool enter_and_wake(waiter& w) noexcept;
    void orphan_all() noexcept;
    bool arrives(waiter& w, wake_batch& wakes) noexcept;

    spin_lock* lock_;
    const line_rules* rules_;
    void* primitive_;
    waiter* first_ = nullptr;
    waiter* last_ = nullptr;  // meaningless while there is none, as is what lies before the first
    std::size_t longest_ = 0;
    std::uint64_t tickets_ = 0;     // of all who came
    std::uint64_t departures_ = 0;  // of all who went
    std::uint64_t given_up_ = 0;    // of those, who went without a grant
};

}  // namespace coil
