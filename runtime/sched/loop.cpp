// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/loop.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/ring/choose.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/operation.hpp>
#include <coil/runtime/sched/machine.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>
#include <coil/runtime/sched/wake_debt.hpp>

#include <algorithm>
#include <exception>
#include <string>
#include <thread>

namespace coil {

namespace {

constexpr unsigned batch_length = 64;  // resumptions between two looks at the ring
constexpr int spin_rounds = 200;       // some 5 us
constexpr int most_spin_credit = 16;
constexpr int sleeps_without_spin = 64;
constexpr std::size_t timers_in_a_crowd = 8;
constexpr unsigned least_out_to_doze = 2;  // fewer have nothing to come back with in one go
constexpr nanoseconds doze_time = std::chrono::microseconds(250);

}  // namespace

loop::loop() : loop(ring::make_ring()) {}
// In a simulation nobody else can bring anything while this thread looks out for it.
loop::loop(std::unique_ptr<ring::ring> r)
    : ring_(std::move(r)),
      several_cores_(machine::concurrency() > 1 && (ring_ == nullptr || !ring_->keeps_descriptors())) {}

loop::~loop() {
    close();
    await_wakers();
    run_leftovers();
}

void loop::renew(std::unique_ptr<ring::ring> r) {
    await_wakers();
    run_leftovers();
    ring_ = std::move(r);
}

// The last touch of a thread that wakes the loop: once it is counted, ring and loop may go.
void loop::wake() noexcept {
    // written before the sleep was announced, which whoever comes here has read
    if (parked_.load(std::memory_order_relaxed)) parker_.unpark();
    else ring_->wake();
    woken_.fetch_add(1, std::memory_order_release);
}

// A loop that something else woke may have run what was posted to it, and ended, before the one who posted has come to
// wake it: the ring waits for that one.
void loop::await_wakers() noexcept {
    while (woken_.load(std::memory_order_acquire) != wakers_)
        std::this_thread::yield();
    // who has put it off may be busy for long
    if (std::exchange(dozed_, false)) wake_debt::cancel(*this);
}

void loop::wake_late() noexcept {
    // with nothing in the inbox the loop has woken by itself, and taken what was posted
    if (!inbox_.empty()) ring_->wake();
}

// A worker brings operations one by one, and one waking does for them all: so while several branches are out, the loop
// sleeps for a short time only, and the worker may wake it later.
void loop::take_over(ring::io_home& io, node& operation) noexcept {
    auto& self = static_cast<loop&>(io.loop);
    wake_debt& mine = this_thread_owes;
    // The debt first: once the operation is posted, the loop may wake by itself, complete it, and end.
    const bool new_debt = mine.begin(self);
    const inbox::duty duty = self.inbox_.post(operation, operation, mine.allowed());
    if (new_debt && duty != inbox::duty::wake_later) mine.drop();
    if (duty == inbox::duty::wake) self.wake();
}

// Calls that came after the last run; a coroutine here would mean that its loop dies before it.
void loop::run_leftovers() noexcept {
    inbox_.collect(ready_);
    while (node* n = ready_.pop_front()) {
        if (n->tag() != node::call) broken("a loop has ended before a task that is at home on it");
        run_node(*n);
    }
}

void loop::post(node& n) noexcept {
    if (here()) ready_.push_back(n);
    else if (inbox_.post(n, n) == inbox::duty::wake) wake();
}

void loop::post(node_list&& batch) noexcept {
    if (batch.empty()) return;
    if (here()) {
        ready_.append(std::move(batch));
        return;
    }
    const inbox::duty duty = inbox_.post(*batch.front(), *batch.back());
    batch.clear();
    if (duty == inbox::duty::wake) wake();
}

void loop::arm(timer_ref t) noexcept {
    if (timers_.arm(t) && !here()) nudge();
}

void loop::nudge() noexcept {
    if (inbox_.rouse()) wake();
}

bool loop::wants_turn() noexcept {
    return has_work() || !inbox_.empty() || ring_->unsubmitted() != 0 || ring_->has_completions() ||
           timers_.earliest() != never;
}

void loop::failed(std::exception_ptr e) noexcept {
    if (sink_) {
        sink_(sink_context_, std::move(e));
        return;
    }
    try {
        std::rethrow_exception(std::move(e));
    } catch (const std::exception& x) {
        log(std::string("a call posted to a loop that runs no task threw: ") + x.what());
    } catch (...) {
        log("a call posted to a loop that runs no task threw something that is no std::exception");
    }
}

bool loop::has_work() const noexcept {
    return !ready_.empty() || (this_simulation != nullptr && !this_simulation->idle());
}

void loop::run_batch() noexcept {
    if (this_simulation != nullptr) [[unlikely]] {
        counters_.resumptions += this_simulation->run_batch(ready_);
        return;
    }
    thread_state& t = this_thread;
    t.turns = batch_length;
    while (t.turns != 0) {
        node* next = ready_.pop_front();
        if (!next) break;
        --t.turns;
        if (const node* after = ready_.front()) __builtin_prefetch(after->handle.address());
        run_node(*next);
    }
    counters_.resumptions += batch_length - t.turns;
}

void loop::complete() {
    ring::deliver(*ring_);
}

// Nothing is in flight, so nobody but another thread can end the sleep: a futex does, which costs half of a message to
// the ring. Where other things than operations wait in the ring, it is slept on.
bool loop::can_park() const noexcept {
    return ring_->has(ring::feature::send_message) && nothing_in_ring() && next_deadline() == never;
}

bool loop::nothing_in_ring() const noexcept {
    return io_->in_flight == 0 && ring_->unsubmitted() == 0 && !ring_->has_completions();
}

bool loop::nothing_to_come() const noexcept {
    return nothing_in_ring() && next_deadline() == never && !has_work() && inbox_.empty();
}

void loop::sleep(bool only_doze) {
    announced_ = true;
    ++counters_.sleeps;
    if (parked_.load(std::memory_order_relaxed)) {
        parker_.park(sleep_until_);
        withdraw();
        return;
    }
    // after the announcement: whoever arms an earlier timer from now on wakes us
    if (!only_doze) {
        ring_->submit_and_wait(std::min(next_deadline(), sleep_until_));
        // One branch comes back, and nobody is about to post: it will soon be over, and the loop sleep again. Until then
        // the announcement stands, which costs a poster a needless wake-up, and saves us two exchanges.
        if (!ring_->has_one_completion() || io_->out != 0 || this_thread.away != 0) withdraw();
        return;
    }
    dozed_ = true;
    ring_->submit_and_wait(std::min(next_deadline(), ring_->clock() + doze_time));
    withdraw();
    if (inbox_.empty() && !ring_->has_completions()) io_->out = 0;
}

void loop::withdraw() noexcept {
    if (!std::exchange(announced_, false)) return;
    if (!inbox_.withdraw()) ++wakers_;
}

// Where timers crowd, a wait for each of them would cost more than the tasks that it wakes: a halted core takes 25 us to
// come back. So the wait after a crowd lasts a moment at least; timers that lie apart are exact.
void loop::fire_timers() noexcept {
    const time_point now = ring_->clock();
    const bool crowd = timers_.fire_due(now) >= timers_in_a_crowd;
    no_timer_before_ = crowd ? now + ring_->timer_slack() : time_point::min();
}

time_point loop::next_deadline() const noexcept {
    return std::max(timers_.earliest(), no_timer_before_);
}

// A hop to the pool is often back within microseconds, when a sleep and a wake-up cost twenty: so the loop looks out for
// it a little, as long as that pays. True if something came.
bool loop::spin() noexcept {
    if (!several_cores_) return false;
    if (spin_pause_ > 0) {
        --spin_pause_;
        return false;
    }
    for (int i = 0; i != spin_rounds; ++i) {
        relax();
        if (!inbox_.empty() || ring_->has_completions()) {
            spin_credit_ = std::min(spin_credit_ + 1, most_spin_credit);
            return true;
        }
    }
    if (--spin_credit_ <= 0) {
        spin_credit_ = 1;
        spin_pause_ = sleeps_without_spin;
    }
    return false;
}

time_point loop::latest_end_of_sleep() noexcept {
    const bool nothing = nothing_to_come();  // once: somebody may post
    unsigned& unasked = unasked_[nothing ? 1 : 0];
    if (unasked != 0) {
        --unasked;
        return never;
    }
    const leave_to_sleep leave = watch_(watch_context_, nothing);
    unasked = leave.further;
    return leave.until;
}

void loop::look(bool may_wait) {
    ++counters_.looks;
    look_after_pool(false);
    const bool only_doze = io_->out >= least_out_to_doze || io_->entrusted != nullptr;
    const bool park = may_wait && !only_doze && can_park();
    if (announced_ && (!may_wait || park != parked_.load(std::memory_order_relaxed) || this_thread.away != 0 ||
                       io_->out != 0 || !inbox_.announced()))
        withdraw();
    // somebody is out on the pool and soon back: look out for him, unless the kernel is to be told something first
    if (may_wait && this_thread.away != 0 && ring_->unsubmitted() == 0) may_wait = !spin();
    if (may_wait) sleep_until_ = watch_ ? latest_end_of_sleep() : never;
    if (!announced_) parked_.store(park, std::memory_order_relaxed);
    if (may_wait && (announced_ || inbox_.announce_sleep(only_doze))) sleep(only_doze);
    else ring_->submit_and_wait(time_point::min());
    complete();
    if (!inbox_.announced()) inbox_.collect(ready_);
    if (timers_.earliest() != never) fire_timers();
    if (io_->entrusted != nullptr && runs_coroutines()) look_after_pool(true);
}

// What the pool's workers were left with, one of them may hold up; and what runs here, us.
void loop::look_after_pool(bool at_once) noexcept {
    if (io_->entrusted != nullptr && !io_->entrusted->look_after(at_once)) io_->entrusted = nullptr;
}

bool loop::runs_coroutines() const noexcept {
    for (const node* n = ready_.front(); n != nullptr; n = n->next)
        if (n->tag() != node::call) return true;
    return false;
}

loop::driver::driver(loop& l, place where) : loop_(l), io_{l, *l.ring_, &take_over}, before_(this_thread.current) {
    if (this_thread.here) misuse("this thread runs a loop already: await the task instead", where);
    if (l.driven_.exchange(true, std::memory_order_acquire))
        misuse("another thread runs this loop at the moment", where);
    try {
        l.ring_->submit_and_wait(time_point::min());  // a ring stays with the thread that first ran it
    } catch (...) {
        l.driven_.store(false, std::memory_order_relaxed);
        throw;
    }
    this_thread.here = &l;
    this_thread.ready = &l.ready_;
    ring::this_io_home = &io_;
    l.io_ = &io_;
    if (this_simulation != nullptr) {
        ring::io_home_of_pool_here = &io_;
        this_simulation->drives(l);
        return;
    }
    // the pool's workers use the loop that began first, of those that run
    ring::io_home* none = nullptr;
    answers_pool_ = ring::io_home_of_pool.compare_exchange_strong(none, &io_);
}

loop::driver::~driver() {
    loop_.look_after_pool(true);
    loop_.withdraw();
    if (answers_pool_) ring::io_home_of_pool.store(nullptr);
    ring::io_home_of_pool_here = nullptr;
    loop_.io_ = nullptr;
    ring::this_io_home = nullptr;
    this_thread.here = nullptr;
    this_thread.ready = nullptr;
    this_thread.current = before_;
    loop_.driven_.store(false, std::memory_order_release);
}

void loop::driver::drive(bool (*done)(void*), void* context) {
    loop_.inbox_.collect(loop_.ready_);
    for (;;) {
        loop_.run_batch();
        this_thread.current = nullptr;  // nobody's code runs now: a stop may call back the user's
        if (done(context)) return;
        loop_.look(!loop_.has_work());
    }
}

}  // namespace coil
