// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/worker.hpp>

#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/ring/tick.hpp>
#include <coil/runtime/sched/machine.hpp>
#include <coil/runtime/sched/wake_debt.hpp>

#include <string>

namespace coil {

namespace {
// Own work between two looks at the injection queue and the timers: so many turns, or so long. The unit of the stamp is
// the processor's: this is 60 to 200 us.
constexpr std::uint32_t turns_per_look = 61;
constexpr std::uint64_t time_per_look = 200'000;
constexpr nanoseconds search_time = std::chrono::microseconds(15);  // what a sleep and a wake-up cost
// What own work has made ready goes before all else so often. Others wait as long at most as for a look.
constexpr std::uint32_t nexts_at_once = 32;
// The watch looks at the slots of the others after so long, at first and at most, and ends after so many looks at nothing.
constexpr nanoseconds first_look = std::chrono::microseconds(50), last_look = std::chrono::microseconds(200);
constexpr unsigned quiet_looks = 4;
}  // namespace

worker::worker(thread_pool& p, unsigned index)
    : own(p), pool_(p), index_(index), random_(index * 2654435761u + 12345u) {}

void worker::start() {
    thread_ = std::thread([this] { main(); });
}

void worker::main() noexcept {
    machine::become_thread(pool_.name_ + "-" + std::to_string(index_));
    this_thread.here = &pool_;
    this_thread.forks = &own;
    this_thread.next = &next;
    this_worker = this;
    this_thread_owes.allow();
    await_wake_up();  // the pool has announced us, so that a fork is shared out from the first moment on
    std::uint64_t looked = ring::read_tick().count;
    std::uint32_t turn = 0;
    bool own_turn = false;  // after one from the queue of all: each look might be followed by another
    while (!pool_.stopping_.load(std::memory_order_acquire)) {
        if (pool_.is_patient()) pool_.look_after(false);
        const std::uint64_t present = ring::read_tick().count;
        if (++turn % turns_per_look == 0 || present - looked > time_per_look) {
            looked = present;
            pool_.timers_.fire_due(pool_.timers_.earliest() == never ? time_point::min() : pool_.now());
            if (!own_turn && run_injected()) {
                own_turn = true;
                continue;
            }
        }
        own_turn = false;
        if (this_thread.turns != 0 && run_next()) continue;
        this_thread.turns = nexts_at_once;
        if (run_mine_alone() || run_own() || run_injected() || run_next() || run_stolen()) continue;
        this_thread_owes.settle();
        if (!search()) sleep(searching_);
    }
    if (searching_) pool_.idle_.end_search();
    this_thread_owes.forbid();
    this_thread.here = nullptr;
    this_thread.forks = nullptr;
    this_thread.next = nullptr;
    this_worker = nullptr;
    frames::flush();
}

void worker::run(fork_slot& s) noexcept {
    const std::coroutine_handle<> h = join::begin_detached(s);
    resume(h);
}

bool worker::run_own() noexcept {
    fork_slot* s = own.pop();
    if (!s) return false;
    run(*s);
    return true;
}

// Whoever finds work wakes the next, before it begins: the work may be long.
void worker::found_while_searching() noexcept {
    if (!searching_) return;
    searching_ = false;
    pool_.idle_.end_search();
    if (pool_.has_work_in_a_hurry() || (!pool_.idle_.watched() && pool_.has_next())) pool_.wake_one();
}

bool worker::run_next() noexcept {
    node* const n = next.take();
    if (!n) return false;
    --this_thread.turns;
    run_node(*n);
    return true;
}

bool worker::run_mine_alone() noexcept {
    if (collected_.empty()) {
        mine_alone_.collect(collected_);
        if (collected_.empty()) return false;
    }
    found_while_searching();
    run_node(*collected_.pop_front());
    return true;
}

bool worker::run_injected() noexcept {
    node* n = pool_.injected_.pop();
    if (!n) return false;
    pool_.popped_.store(ring::read_tick().count, std::memory_order_relaxed);
    found_while_searching();
    run_node(*n);
    return true;
}

bool worker::run_stolen() noexcept {
    const auto count = static_cast<std::uint32_t>(pool_.workers_.size());
    random_ ^= random_ << 13;
    random_ ^= random_ >> 17;
    random_ ^= random_ << 5;
    for (std::uint32_t i = 0, from = random_ % count; i != count; ++i, from = from + 1 == count ? 0 : from + 1) {
        if (from == index_) continue;
        fork_slot* s = pool_.workers_[from]->own.steal();
        if (!s) continue;
        steals.fetch_add(1, std::memory_order_relaxed);
        found_while_searching();
        run(*s);
        return true;
    }
    return false;
}

// Searches for a while, as the only one; true if something was run. On one core whoever could bring work waits for us to
// stop.
bool worker::search() noexcept {
    if (!pool_.several_cores_) return false;
    if (!searching_) searching_ = pool_.idle_.start_search();
    if (!searching_) return false;
    const time_point end = pool_.now() + search_time;
    do {
        if (run_mine_alone() || run_injected() || run_stolen()) return true;
        if (pool_.timers_.earliest() != never && pool_.timers_.fire_due(pool_.now()) != 0) return true;
        for (unsigned i = 0; i != 8; ++i)
            relax();
        if (pool_.stopping_.load(std::memory_order_relaxed)) return true;
    } while (pool_.now() < end);
    return false;
}

void worker::sleep(bool was_searching) noexcept {
    pool_.idle_.announce(*this, was_searching);
    searching_ = false;
    // owners publish to us from now on when they fork
    for (auto& w : pool_.workers_)
        w->own.ask();
    // once more after the announcement: who pushed before it did not wake us
    if (pool_.has_work() || pool_.stopping_.load(std::memory_order_seq_cst) || !mine_alone_.announce_sleep()) {
        if (pool_.idle_.withdraw(*this)) {
            // Who pushed while we still searched woke nobody: whoever takes that work must look further, as a searcher.
            searching_ = pool_.idle_.start_search();
            return;
        }
        parker_.park();  // somebody chose us at the same moment; take its wake-up
        searching_ = true;
        return;
    }
    parks.fetch_add(1, std::memory_order_relaxed);
    await_wake_up();
}

// Announced as asleep, and nothing was there: until somebody chooses us, a deadline comes, or the pool ends.
void worker::await_wake_up() noexcept {
    for (;;) {
        const time_point until = pool_.timers_.earliest();
        const time_point look = keep_watch();
        const bool woken = parker_.park(look < until ? look : until);
        if (!woken && look < until && !pool_.stopping_.load(std::memory_order_relaxed)) {
            // still announced in all respects, unless somebody is left behind
            if (node* const n = take_left_behind()) return run_left_behind(*n);
            continue;
        }
        mine_alone_.withdraw();  // who was told to wake us does so soon: one park more returns at once
        // still listed: nobody chose us, it was a deadline or the end
        if (pool_.idle_.withdraw(*this)) {
            end_watch();
            if (!woken) pool_.timers_.fire_due(pool_.now());
            return;
        }
        if (woken) {
            searching_ = true;  // whoever chose us counted us as the searcher
            end_watch();
            return;
        }
    }
}

// When to look whether the others come round to what lies in their slots: `never` if nothing lies there, or somebody else
// looks.
time_point worker::keep_watch() noexcept {
    if (!watching_) {
        if (!pool_.has_next() || !pool_.idle_.begin_watch()) return never;
        watching_ = true;
        quiet_looks_ = 0;
        look_after_ = first_look;
        for (auto& w : pool_.workers_)
            w->watched_puts_ = w->next.puts();
    } else if (pool_.has_next()) {
        quiet_looks_ = 0;
    } else if (++quiet_looks_ == quiet_looks) {
        watching_ = false;
        pool_.idle_.end_watch();
        return keep_watch();  // who put something before the end has relied on us
    }
    const time_point at = pool_.now() + look_after_;
    look_after_ = look_after_ < last_look ? 2 * look_after_ : last_look;
    return at;
}

void worker::end_watch() noexcept {
    if (!watching_) return;
    watching_ = false;
    pool_.idle_.end_watch();
    // who put something meanwhile has relied on us
    if (pool_.has_next()) pool_.wake_one();
}

// What has lain in the slot of a worker since the last look.
node* worker::take_left_behind() noexcept {
    if (!watching_) return nullptr;
    for (auto& w : pool_.workers_) {
        const std::uint32_t puts = w->next.puts();
        if (puts != w->watched_puts_) {
            w->watched_puts_ = puts;
            continue;
        }
        if (node* const n = w->next.take()) return n;
    }
    return nullptr;
}

void worker::run_left_behind(node& n) noexcept {
    mine_alone_.withdraw();
    if (!pool_.idle_.withdraw(*this)) {
        parker_.park();  // somebody chose us at the same moment; take its wake-up
        searching_ = true;
    }
    end_watch();
    steals.fetch_add(1, std::memory_order_relaxed);
    found_while_searching();
    run_node(n);
}

}  // namespace coil
