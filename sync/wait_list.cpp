// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/wait_list.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/wait_reading.hpp>

#include <mutex>
#include <new>
#include <string>
#include <thread>
#include <utility>

namespace coil {

namespace {

void send(executor& home, node_list&& batch) noexcept {
    if (home.here() && this_thread.ready) this_thread.ready->append(std::move(batch));
    else home.post(std::move(batch));
}

}  // namespace

// It is about to take the lock of the line.
void claimant::await_alarm() const noexcept {
    constexpr int most_spins = 256;
    for (int round = 0; claim_.load(std::memory_order_relaxed) == outcome::ringing; ++round) {
        if (round < most_spins) relax();
        else std::this_thread::yield();
    }
}

void wake_batch::fire() noexcept {
    claimant* const first = std::exchange(first_, nullptr);
    if (!first) return;
    if (first->next_) [[unlikely]]
        return wake_all(first);
    first->wake();
}

void wake_batch::wake_all(claimant* c) noexcept {
    constexpr std::size_t most = 4;  // homes that get one batch each; more of them may get several
    struct {
        executor* home = nullptr;
        node_list batch;
    } groups[most];
    std::size_t used = 0, oldest = 0;
    while (c) {
        claimant* const next = c->next_;  // once it is woken, it may be gone
        if (c->holder_ != 0) {
            c->thread_->unpark();
            c = next;
            continue;
        }
        executor* const home = c->branch_->owner()->home;
        std::size_t i = 0;
        while (i != used && groups[i].home != home)
            ++i;
        if (i == used) {
            if (used == most) {
                i = oldest++ % most;
                send(*groups[i].home, std::move(groups[i].batch));
            } else {
                ++used;
            }
            groups[i].home = home;
        }
        groups[i].batch.push_back(*c->branch_);
        c = next;
    }
    for (std::size_t i = 0; i != used; ++i)
        send(*groups[i].home, std::move(groups[i].batch));
}

inline bool wait_list::arrives(waiter& w, wake_batch& wakes) noexcept {
    if (rules_->arrive_and_wake) return rules_->arrive_and_wake(*this, w, wakes);
    return rules_->arrive && rules_->arrive(*this, w);
}

bool wait_list::enter_and_wake(waiter& w) noexcept {
    wake_batch wakes;
    const std::scoped_lock guard(*lock_);
    if (!w.is_waiting()) [[unlikely]]
        return false;
    if (arrives(w, wakes)) {
        // a deadline that claims now finds us in no line, and does nothing more
        w.set_state(claimant::outcome::granted);
        return false;
    }
    push_back(w);
    return true;
}

bool wait_list::take_at_once(waiter& w) noexcept {
    wake_batch wakes;
    const std::scoped_lock guard(*lock_);
    if (!arrives(w, wakes)) {
        if (rules_->left) rules_->left(*this, w, wakes);  // it does not stay, and holds nobody up
        return false;
    }
    w.set_state(claimant::outcome::granted);
    return true;
}

bool wait_list::leave(waiter& w) noexcept {
    wake_batch wakes;
    const std::scoped_lock guard(*lock_);
    if (w.line_.load(std::memory_order_relaxed) != this) return false;
    unlink(w);
    ++given_up_;
    if (rules_->left) rules_->left(*this, w, wakes);
    return true;
}

std::size_t wait_list::grant_all(std::unique_lock<spin_lock>& held) noexcept {
    constexpr std::size_t at_once = 1000;  // others want the lock too
    const std::uint64_t end = tickets_;
    std::size_t granted = 0;
    for (;;) {
        wake_batch wakes;
        waiter* w = front();
        for (std::size_t n = 0; n != at_once && w && w->ticket_ < end; ++n) {
            if (grant(*w, wakes)) ++granted;
            w = front();
        }
        const bool more = w && w->ticket_ < end;
        // without more this is the last touch: those who are woken may end the primitive
        held.unlock();
        wakes.fire();
        if (!more) return granted;
        held.lock();
    }
}

[[gnu::noinline]] bool wait_list::wake_elsewhere(wait& granted) noexcept {
    granted.make_ready();
    return true;
}

wait_statistics wait_list::statistics() const noexcept {
    const std::scoped_lock guard(*lock_);
    return {size(), departures_ - given_up_, longest_};
}

bool wait_list::held(held_lock& l) const noexcept {
    if (!rules_->owner) return false;
    const std::scoped_lock guard(*lock_);
    l.lock = primitive_;
    l.name = rules_->name;
    l.hand_overs = departures_ - given_up_;
    rules_->owner(*this, l);
    return l.holder != 0;
}

wait_list::~wait_list() {
    wait_reading::await_end();  // of a report that still sees somebody in the line
    for (;;) {
        {
            // also when the line is empty: who left it last may still hold the lock
            const std::scoped_lock guard(*lock_);
            if (!first_) return;
        }
        orphan_all();
        std::this_thread::yield();  // a stop or a deadline has won a claim, and takes its waiter out at this moment
    }
}

void wait_list::orphan_all() noexcept {
    std::size_t count = 0;
    {
        wake_batch wakes;
        const std::scoped_lock guard(*lock_);
        waiter* after_it = nullptr;
        for (waiter* w = first_; w; w = after_it) {
            after_it = w->following_;
            const bool waits = w->takes();  // else a select has passed it over
            if (w->win_in_line(claimant::outcome::orphaned)) {
                count += waits;
                unlink(*w);
                ++given_up_;
                // the one thing that it still wants to know, when we are gone
                w->wants = reinterpret_cast<std::uintptr_t>(rules_->name);
                wakes.add(*w);
            }
        }
    }
    if (count == 0) return;
    try {
        log(name_with_article() + " was destroyed while " + std::to_string(count) +
            (count == 1 ? " waited" : " were waiting") + " for it; their waits end with an error");
    } catch (const std::bad_alloc&) {
        log("a primitive was destroyed while somebody waited for it");
    }
}

std::string wait_list::name_with_article() const {
    const std::string name(rules_->name);
    return (name.starts_with('a') || name.starts_with('e') ? "an " : "a ") + name;
}

}  // namespace coil
