// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pool_core.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <algorithm>
#include <coroutine>
#include <csignal>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace coil::process {

namespace {

// How long a leader looks for results before it sleeps, and how it learns whether that pays.
constexpr nanoseconds longest_patience{20'000};
constexpr nanoseconds least_patience{500};
constexpr nanoseconds short_sleep{60'000};
constexpr int rounds_before_a_turn = 16;

time_point now_here() noexcept { return this_thread.here->now(); }

// The line that awaits `call` or `map`, in the frame above theirs, which is above this one; where a task begins with the
// call, that in `call`. They take no place: the arguments of `call` may be of any number.
class line_of_the_call {
public:
    void attach(branch&) noexcept {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> here) noexcept {
        std::coroutine_handle<> above = here;
        for (int up = 0; up != 2 && above; ++up) {
            above = promise_base::of(above).above();
            if (above) line_ = promise_base::of(above).where();
        }
        return here;
    }
    place await_resume() const noexcept { return line_; }

private:
    place line_;
};

}  // namespace

pool_core::pool_core(std::size_t workers, const pool_options& options)
    : size_(workers),
      name_(options.name.empty() ? "pool" : options.name),
      initialiser_(options.initialiser),
      most_calls_(options.max_tasks_per_child.value_or(0)),
      grace_(options.stop_grace),
      spins_(machine::concurrency() > 1),
      source_(options.over ? *options.over : this_machine()),
      bell_(make_bell(), "bell of " + name_),
      bell_number_(bell_.native_handle()) {
}

pool_core::~pool_core() = default;

bool pool_core::is_satisfied(batch& b) noexcept {
    return b.settled_ == b.size_ || (b.stop_ == batch::stop::none && b.has_news());
}

bool pool_core::enlist(batch& b) {
    const std::scoped_lock guard(lock_);
    if (broken_) std::rethrow_exception(broken_);
    if (closing_) return false;
    live_.push_back(&b);
    if (b.size_ > 0) waiting_.push_back(b);
    return true;
}

void pool_core::refuse(place where) const {
    misuse("process::pool " + name_ + " is closed: it takes no calls any more", where);
}

void pool_core::leave(batch& b) noexcept {
    std::optional<resolver<void>> idle;
    {
        const std::scoped_lock guard(lock_);
        std::erase(live_, &b);
        if (b.linked()) intrusive_list<batch>::remove(b);
        if (live_.empty()) idle.swap(idle_waiter_);
    }
    if (idle) idle->set_value();
}

void pool_core::poke() noexcept {
    poked_.store(true, std::memory_order_release);
    if (asleep_.exchange(0, std::memory_order_acq_rel) != 0) ring_bell(bell_number_);
}

task<> pool_core::attend(batch& b) {
    for (;;) {
        bool leads = false;
        {
            const std::scoped_lock guard(lock_);
            if (is_satisfied(b)) co_return;
            if (!leader_) leads = leader_ = true;
        }
        if (leads) {
            class lead_guard {
            public:
                explicit lead_guard(pool_core& c) noexcept : core_(c) {}
                ~lead_guard() { core_.step_down(); }

            private:
                pool_core& core_;
            } guard(*this);
            co_await lead(b);
            co_return;
        }
        poke();
        co_await from_callback<void>([&](resolver<void> r) {
            const std::scoped_lock guard(lock_);
            if (is_satisfied(b) || !leader_) r.set_value();
            else b.waiting_ = std::move(r);
        });
    }
}

void pool_core::step_down() noexcept {
    std::optional<resolver<void>> next;
    {
        const std::scoped_lock guard(lock_);
        leader_ = false;
        for (batch* const b : live_)
            if (b->waiting_) {
                next.swap(b->waiting_);
                break;
            }
    }
    if (next) next->set_value();
}

task<> pool_core::lead(batch& b) {
    int rounds = 0;
    for (;;) {
        const bool moved = step();
        {
            const std::scoped_lock guard(lock_);
            if (is_satisfied(b)) co_return;
        }
        if (!moved) co_await sleep();
        else if (++rounds % rounds_before_a_turn == 0) co_await yield();
    }
}

bool pool_core::anything() noexcept {
    if (poked_.load(std::memory_order_acquire)) return true;
    for (const auto& s : seats_)
        if (!s->buried &&
            (s->replies.has_more() || s->requests.can_go_on() || s->dead.load(std::memory_order_acquire)))
            return true;
    return false;
}

task<> pool_core::sleep() {
    if (spins_) {
        const time_point until = now_here() + patience_;
        do {
            for (int i = 0; i < 32; ++i) {
                if (anything()) {
                    patience_ = longest_patience;
                    poked_.store(false, std::memory_order_relaxed);
                    co_return;
                }
                relax();
            }
            co_await yield();  // others, and the ring, have their turn
        } while (now_here() < until);
        patience_ = std::max(patience_ / 2, least_patience);
    }
    const time_point before = now_here();
    asleep_.exchange(1, std::memory_order_acq_rel);
    for (const auto& s : seats_) s->words.parent_sleeps.exchange(1, std::memory_order_acq_rel);
    if (!anything()) {
        std::uint64_t rung = 0;
        const std::span<std::byte> room = std::as_writable_bytes(std::span(&rung, 1));
        if (next_kill_ == never) {
            co_await bell_.read(room);
        } else {
            const nanoseconds left = std::max(next_kill_ - before, nanoseconds(1'000));
            co_await move_on_after(left, bell_.read(room));
        }
        if (spins_ && now_here() - before < short_sleep) patience_ = std::min(2 * patience_, longest_patience);
    }
    asleep_.store(0, std::memory_order_relaxed);
    poked_.store(false, std::memory_order_relaxed);
}

void pool_core::settle(batch& b, std::size_t calls) noexcept {
    std::optional<resolver<void>> owner;
    std::shared_ptr<batch> orphan;
    {
        const std::scoped_lock guard(lock_);
        b.in_hands_ -= calls;
        b.settled_ += calls;
        if (b.settled_ == b.size_ && b.stop_ != batch::stop::none) {
            stops_.fetch_sub(1, std::memory_order_relaxed);
            for (auto& o : orphans_)
                if (o.get() == &b) {
                    orphan = std::move(o);
                    std::erase(orphans_, nullptr);
                    break;
                }
        }
        if (is_satisfied(b)) owner.swap(b.waiting_);
    }
    if (owner) owner->set_value();
}

void pool_core::give_up_the_rest(batch& b) noexcept {
    std::size_t rest = b.size_ - b.next_;
    for (const auto& r : b.again_) rest += r.count;
    b.again_.clear();
    b.next_ = b.size_;
    b.settled_ += rest;
    if (b.linked()) intrusive_list<batch>::remove(b);
}

void pool_core::retract(batch& b, bool hard) noexcept {
    {
        const time_point kill_at = hard ? this_thread.here->now() + grace_ : never;
        const std::scoped_lock guard(lock_);
        if (b.settled_ == b.size_) return;
        const bool first = b.stop_ == batch::stop::none;
        b.stop_ = hard ? batch::stop::hard : batch::stop::soft;
        b.kill_at_ = kill_at;
        give_up_the_rest(b);
        if (b.settled_ == b.size_) return;
        if (first) stops_.fetch_add(1, std::memory_order_relaxed);
    }
    poke();
}

void pool_core::adopt(std::shared_ptr<batch> b) noexcept {
    retract(*b, false);
    {
        const std::scoped_lock guard(lock_);
        if (b->settled_ != b->size_) orphans_.push_back(b);
    }
    leave(*b);
}

task<> pool_core::carry(batch& b) {
    if (!enlist(b)) refuse(co_await line_of_the_call());
    class leave_guard {
    public:
        leave_guard(pool_core& c, batch& b) noexcept : core_(c), batch_(b) {}
        ~leave_guard() { core_.leave(batch_); }

    private:
        pool_core& core_;
        batch& batch_;
    } guard(*this, b);
    bool stopped = false;
    try {
        co_await attend(b);
    } catch (const cancelled&) {
        stopped = true;
    }
    if (!stopped) co_return;
    {
        const std::scoped_lock lock(lock_);
        if (b.settled_ == b.size_ && b.stop_ == batch::stop::none) co_return;  // all had ended: that counts
    }
    retract(b, true);
    co_await shield(attend(b));
    throw cancelled();
}

void pool_core::break_down(std::exception_ptr e) noexcept {
    const std::scoped_lock guard(lock_);
    if (!broken_) broken_ = std::move(e);
}

void pool_core::shut_down() noexcept {
    std::vector<std::shared_ptr<hired_worker>> all;
    {
        const std::scoped_lock guard(lock_);
        over_ = closing_ = true;
        if (!broken_)
            broken_ = std::make_exception_ptr(std::runtime_error("process::pool " + name_ + " was shut down"));
        for (const auto& s : seats_) all.push_back(s->worker);
    }
    for (const auto& w : all) w->send(SIGKILL);  // also those whom a close sees off
    poke();
}

// Nobody leads when nobody is left, so the workers' rings are the one's who closes.
bool pool_core::begin_finish() noexcept {
    const std::scoped_lock guard(lock_);
    return !std::exchange(over_, true);
}

task<> pool_core::close() {
    {
        const std::scoped_lock guard(lock_);
        closing_ = true;
    }
    bool stopped = false;
    try {
        co_await from_callback<void>([&](resolver<void> r) {
            const std::scoped_lock guard(lock_);
            if (live_.empty()) r.set_value();
            else idle_waiter_ = std::move(r);
        });
        if (begin_finish()) co_await see_off();
    } catch (const cancelled&) {
        stopped = true;
    }
    if (stopped) shut_down();
    co_await shield(from_callback<void>([&](resolver<void> r) {
        const std::scoped_lock guard(lock_);
        if (processes_ == 0) r.set_value();
        else gone_waiter_ = std::move(r);
    }));
    if (stopped) throw cancelled();
}

// A worker may be in the middle of a message whose rest lies here, or have more to say than its ring has room for, of
// calls that nobody wants any more: so its rings are served until it has ended.
task<> pool_core::see_off() {
    for (const auto& s : seats_) s->retiring = true;
    next_kill_ = never;
    for (;;) {
        bool moved = false;
        for (const auto& s : seats_) {
            if (s->buried) continue;
            if (s->dead.load(std::memory_order_acquire)) s->buried = moved = true;
            else moved |= serve_out(*s);
        }
        {
            const std::scoped_lock guard(lock_);
            if (processes_ == 0) co_return;
        }
        if (!moved) co_await sleep();
        else co_await yield();
    }
}

bool pool_core::serve_out(seat& s) {
    bool moved = drain(s);
    if (s.requests.can_go_on()) {
        s.requests.rest();
        moved = true;
    }
    finish(s);
    if (moved) wake(s);
    return moved;
}

}  // namespace coil::process
