// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/wait_list.hpp>
#include <coil/sync/word.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <system_error>

namespace coil {

/// Is what `mutex` and `recursive_mutex` have in common: one owner, one word, one line.
///
///     word_: 0, or who owns it (a branch or a thread) | contended: somebody may be in the line
///                                                     | tentative: it was handed to somebody who wants others too, and
///                                                       has not come to use it; others like him may take it away
///
/// Taking a free one is a compare-and-swap from 0 and acquires, pairing with the one that frees it, which releases.
/// `contended` is set under the lock of the line by whoever enters it; from then on the owner frees by `hand_over`,
/// under that lock, to the first in line: nobody overtakes, and a free lock has nobody waiting.
class owned_lock {
public:
    owned_lock(const owned_lock&) = delete;
    owned_lock& operator=(const owned_lock&) = delete;

    /// Tells whether somebody owns it at the moment.
    bool locked() const noexcept { return word_.load(std::memory_order_relaxed) != 0; }
    /// Tells how it has been waited for. Cost: the lock of the line.
    wait_statistics statistics() const noexcept { return line_.statistics(); }

    // ---- for those who report: who owns it, or 0, and the line that took it
    holder_id holder() const noexcept { return word_.load(std::memory_order_acquire) & ~marks; }
    place taken_at() const noexcept { return taken_at_.load(std::memory_order_relaxed); }

protected:
    explicit owned_lock(const line_rules& rules) noexcept : line_(lock_, rules, this) {}
    ~owned_lock();

    bool take(holder_id who) noexcept {
        holder_id nobody = word_.load(std::memory_order_relaxed);
        return nobody == 0 && replace(word_, nobody, who);  // who finds it taken pays for no exchange
    }
    bool held_by(holder_id who) const noexcept {
        return (word_.load(std::memory_order_relaxed) & ~marks) == who;
    }
    /// The same in one look: true if it was free; `mine`: he who asks owns it already.
    bool take(holder_id who, bool& mine) noexcept {
        holder_id found = word_.load(std::memory_order_relaxed);
        mine = (found & ~marks) == who;
        return found == 0 && replace(word_, found, who);
    }
    void note(place where) noexcept { taken_at_.store(where, std::memory_order_relaxed); }
    /// Frees what the caller owns.
    void free() noexcept {
        holder_id mine = word_.load(std::memory_order_relaxed);
        if ((mine & contended) == 0 && replace(word_, mine, holder_id{0})) [[likely]]
            return;
        hand_over();
    }
    // What a waiter of the line wants. `with_others`: the lock is of use to it only beside others, so it becomes a
    // tentative owner, who has to `confirm`; whoever has come to use his may `take_away` those of others. Were all of
    // them owners at once, each would find another's lock taken, hand his on to the next like him, and none would ever
    // have two.
    static constexpr std::uint64_t alone = 0, with_others = 1;
    bool confirm(holder_id who) noexcept;
    bool take_away(holder_id who) noexcept;
    /// Makes the running branch the owner of what another one owned.
    void adopt_as(holder_id who) noexcept;
    /// Throws if the caller does not own it.
    void check_owner(place where) const {
        if (!held_by(this_holder())) [[unlikely]]
            stranger(where);
    }
    [[noreturn]] void stranger(place where) const;
    [[noreturn]] void twice(place where) const;

    /// What the awaiter of `lock` suspends by.
    std::coroutine_handle<> wait_in_line(line_wait& w, std::coroutine_handle<> h) noexcept;
    static bool arrive(wait_list& line, waiter& w) noexcept;
    static void left(wait_list& line, waiter& w, wake_batch& wakes) noexcept;
    static void owner(const wait_list& line, held_lock& l) noexcept;

    static constexpr holder_id contended = 1, tentative = 2, marks = contended | tentative;

    /// Gives it to a waiter that another line let go and that no stop reaches: at once, or in its turn.
    void requeue(waiter& w, wake_batch& wakes) noexcept;
    /// The same, under the lock of the line.
    void requeue_locked(waiter& w, wake_batch& wakes) noexcept;

private:
    friend struct lock_step;
    friend class condition;
    friend class condition_wait;
    friend class condition_place;
    friend class step_wait;
    void hand_over() noexcept;
    void hand_over_after_wait() noexcept;
    void hand_over_otherwise() noexcept;
    std::coroutine_handle<> wait_as_first(line_wait& w, std::coroutine_handle<> h) noexcept;
    std::coroutine_handle<> wait_otherwise(line_wait& w, std::coroutine_handle<> h) noexcept;
    bool take_or_mark(holder_id who) noexcept;

    atomic_word<holder_id> word_{0};
    spin_lock lock_;  // of the line

protected:
    std::uint32_t depth_ = 0;  // of a recursive one: how often its owner holds it; the owner's alone

private:
    wait_list line_;
    std::atomic<place> taken_at_{};


protected:
    wait_list& line() noexcept { return line_; }
    /// Waits as a plain thread until the caller owns it.
    void block(place where);
};

}  // namespace coil
