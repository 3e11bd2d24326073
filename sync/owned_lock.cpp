// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/owned_lock.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>
#include <new>
#include <string>

namespace coil {

owned_lock::~owned_lock() {
    if (holder() == 0 || !line_.empty()) return;  // the line's own report says more
    try {
        log("a " + std::string(line_.name()) + " was destroyed while it was locked, since " + to_string(taken_at()));
    } catch (const std::bad_alloc&) {
        log("a lock was destroyed while it was locked");
    }
}

inline bool owned_lock::take_or_mark(holder_id who) noexcept {
    holder_id found = word_.load(std::memory_order_relaxed);
    for (;;) {
        if (found == 0) {
            if (replace(word_, found, who)) return true;
        } else if (found & contended) {
            return false;
        } else if (replace(word_, found, found | contended)) {
            return false;
        }
    }
}

// The same as the line does by its rules, in one piece: every wait for a held lock comes by.
std::coroutine_handle<> owned_lock::wait_in_line(line_wait& w, std::coroutine_handle<> h) noexcept {
    if (!w.enters_at_once() || !lock_.lock_at_once()) [[unlikely]]
        return wait_otherwise(w, h);
    if ((word_.load(std::memory_order_relaxed) & contended) == 0) [[unlikely]]
        return wait_as_first(w, h);
    w.join_line(lock_, h);
    return go_to_next();
}

[[gnu::noinline]] std::coroutine_handle<> owned_lock::wait_as_first(line_wait& w, std::coroutine_handle<> h) noexcept {
    if (take_or_mark(reinterpret_cast<holder_id>(&w.wait::alone()))) return w.got_at_once(lock_, h);
    w.join_line(lock_, h);
    return go_to_next();
}

[[gnu::noinline]] std::coroutine_handle<> owned_lock::wait_otherwise(line_wait& w, std::coroutine_handle<> h) noexcept {
    return w.suspend(h, [this, &w]() noexcept {
        const std::scoped_lock guard(lock_);
        if (take_or_mark(w.holder())) {
            w.set_state(claimant::outcome::granted);
            return false;
        }
        line_.push_back(w);
        return true;
    });
}

bool owned_lock::arrive(wait_list& line, waiter& w) noexcept { return line.of<owned_lock>().take_or_mark(w.holder()); }

// The mark may go with the last who waited: then the owner frees it without a look at the line.
void owned_lock::left(wait_list& line, waiter&, wake_batch&) noexcept {
    if (line.empty()) line.of<owned_lock>().word_.fetch_and(~contended, std::memory_order_relaxed);
}

void owned_lock::owner(const wait_list& line, held_lock& l) noexcept {
    const auto& self = line.of<const owned_lock>();
    l.holder = self.holder();
    l.taken_at = self.taken_at();
}

void owned_lock::hand_over() noexcept {
    if (!lock_.lock_at_once()) [[unlikely]]
        return hand_over_after_wait();
    const waiter* const first = line_.first();
    wait* const next = line_.grant_first_branch();
    if (!next) [[unlikely]]
        return hand_over_otherwise();
    branch& owner = next->alone();
    static_assert(with_others * tentative == tentative);
    // release: what we did under the lock is seen by whoever owns it next
    word_.store(reinterpret_cast<holder_id>(&owner) | first->wants * tentative | (line_.empty() ? 0 : contended),
                std::memory_order_release);
    lock_.unlock();
    if (!owner.home->ready_here(*next)) wait_list::wake_elsewhere(*next);
}

[[gnu::noinline]] void owned_lock::hand_over_after_wait() noexcept {
    lock_.lock();
    hand_over_otherwise();
}

// To whomever, with the lock of the line held.
[[gnu::noinline]] void owned_lock::hand_over_otherwise() noexcept {
    std::unique_lock held(lock_, std::adopt_lock);
    waiter* const next = line_.grant_front();
    if (!next) {
        word_.store(0, std::memory_order_release);
        return;
    }
    word_.store(next->holder() | (next->wants == with_others ? tentative : 0) | (line_.empty() ? 0 : contended),
                std::memory_order_release);
    held.unlock();
    next->wake();
}

bool owned_lock::confirm(holder_id who) noexcept {
    holder_id found = word_.load(std::memory_order_relaxed);
    while ((found & ~marks) == who)
        if ((found & tentative) == 0 || replace(word_, found, found & ~tentative)) return true;
    return false;
}

bool owned_lock::take_away(holder_id who) noexcept {
    holder_id found = word_.load(std::memory_order_relaxed);
    while ((found & tentative) != 0)
        if (replace(word_, found, who | (found & contended))) return true;
    return false;
}

void owned_lock::requeue(waiter& w, wake_batch& wakes) noexcept {
    const std::scoped_lock guard(lock_);
    requeue_locked(w, wakes);
}

void owned_lock::requeue_locked(waiter& w, wake_batch& wakes) noexcept {
    if (take_or_mark(w.holder())) {
        w.set_state(claimant::outcome::granted);
        wakes.add(w);
    } else {
        line_.push_back(w);
    }
}

void owned_lock::adopt_as(holder_id who) noexcept {
    holder_id found = word_.load(std::memory_order_relaxed);
    while ((found & ~marks) != who && !replace(word_, found, who | (found & contended))) {}
}

void owned_lock::block(place where) {
    thread_wait w;
    w.sleep_in(line_, where);
}

void owned_lock::stranger(place where) const {
    const std::string name = line_.name();
    misuse(std::errc::operation_not_permitted,
           holder() == 0 ? "this " + name + " is not locked"
                         : "this " + name + " is locked by somebody else, since " + to_string(taken_at()),
           where);
}

void owned_lock::twice(place where) const {
    misuse(std::errc::resource_deadlock_would_occur,
           std::string(this_holder_in_words()) + " holds the " + line_.name() + " already, since " + to_string(taken_at()) +
               ", and would wait for itself for ever",
           where);
}

}  // namespace coil
