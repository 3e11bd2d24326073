// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/ring.hpp>
#include <coil/runtime/sched/inbox.hpp>
#include <coil/runtime/sched/timer_queue.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace coil {

/// Runs coroutines on one thread over one ring: the ready list, the timers, what other threads post, and the kernel's
/// completions, a batch at a time.
/// Threads: one thread drives it; `post` from any. Several loops may run, one per thread.
/// Lifetime: outlives the tasks that are at home on it.
/// Cost: posting from another thread is one atomic operation, and one system call only if the loop sleeps, or runs the
/// batch after a sleep that one completion ended; one system call submits and waits; an idle loop uses no processor time.
class loop final : public executor {
public:
    /// Makes a loop over the kernel's ring. Errors: `std::system_error` that says what forbids io_uring.
    loop();
    /// Makes a loop over a ring of the caller's choice (a simulated one, say).
    explicit loop(std::unique_ptr<ring::ring> r);
    ~loop();

    /// Runs a task, or any awaitable, and all that it spawns, on this thread until they have ended; its value out, its
    /// exception rethrown. Errors: `std::logic_error` if this thread runs a loop already.
    template <to_be_awaited A>
    await_result_t<A> run(A&& a, place where = place::current());

    /// Has the loop call f soon. Returns false if the loop has ended: f is destroyed uncalled.
    /// Errors: what f throws ends the present run. Threads: any.
    template <class F>
        requires std::is_invocable_v<std::decay_t<F>&>
    bool post(F&& f) {
        using call = posted_call<std::decay_t<F>>;
        if (closed_.load(std::memory_order_acquire)) return false;
        post(*new (allocate_frame(sizeof(call))) call(*this, std::forward<F>(f)));
        return true;
    }

    void post(node& n) noexcept override;
    void post(node_list&& batch) noexcept override;
    void arm(timer_ref t) noexcept override;
    bool disarm(timer_ref t) noexcept override { return timers_.disarm(t); }
    time_point now() noexcept override { return ring_->clock(); }
    std::uint64_t stamp() noexcept override { return ring_->stamp().count; }
    time_point time_of(std::uint64_t stamp) noexcept override { return ring_->time({stamp}); }
    bool wants_turn() noexcept override;

    class driver;
    /// Makes the driver ask again whether it is done. Threads: any.
    void nudge() noexcept;
    /// Does the waking that a thread has put off, if the loop still needs it. Threads: one that has it live on.
    void wake_late() noexcept;
    void open() noexcept { closed_.store(false, std::memory_order_release); }
    void close() noexcept { closed_.store(true, std::memory_order_release); }

    /// Gives an idle loop another ring, or none. Calls that were posted meanwhile are made.
    void renew(std::unique_ptr<ring::ring> r);

    ring::ring& entries() noexcept { return *ring_; }
    /// The loop as operations see it; null while nobody drives it.
    ring::io_home* io() const noexcept { return io_; }
    /// Receives errors of posted calls while a run goes on.
    void set_error_sink(void (*sink)(void*, std::exception_ptr), void* context) noexcept {
        sink_ = sink;
        sink_context_ = context;
    }

    /// Is what a watch of sleeps answers: until when to sleep at most if nothing is to come, and how many further sleeps may
    /// begin without asking again, among those with something to come or among those without, as this one is.
    struct leave_to_sleep {
        time_point until = never;
        unsigned further = 0;
    };
    /// Has `ask` called when the loop is about to sleep, with what `nothing_to_come` says. What it posts, or asks of the
    /// driver, is seen to before.
    void set_sleep_watch(leave_to_sleep (*ask)(void*, bool nothing_to_come) noexcept, void* context) noexcept {
        watch_ = ask;
        watch_context_ = context;
        unasked_[0] = unasked_[1] = 0;
    }
    /// True if no operation is in flight, no timer armed, and nothing ready or posted: another thread alone can bring
    /// something. On the loop's thread.
    bool nothing_to_come() const noexcept;

    /// What the loop has done so far. Units: counts.
    struct counters {
        std::uint64_t resumptions = 0;
        std::uint64_t looks = 0;   // visits to the ring
        std::uint64_t sleeps = 0;  // of them, with leave to wait
    };
    const counters& statistics() const noexcept { return counters_; }
    std::size_t timers() const noexcept { return timers_.size(); }

private:
    template <class F>
    class posted_call;
    void failed(std::exception_ptr e) noexcept;
    void run_batch() noexcept;
    bool has_work() const noexcept;
    void look(bool may_wait);
    void look_after_pool(bool at_once) noexcept;
    bool runs_coroutines() const noexcept;
    bool spin() noexcept;
    void sleep(bool only_doze);
    void fire_timers() noexcept;
    time_point next_deadline() const noexcept;
    time_point latest_end_of_sleep() noexcept;
    bool can_park() const noexcept;
    bool nothing_in_ring() const noexcept;
    void withdraw() noexcept;
    static void take_over(ring::io_home& io, node& operation) noexcept;
    void wake() noexcept;
    void await_wakers() noexcept;
    void complete();
    void run_leftovers() noexcept;

    node_list ready_;
    std::unique_ptr<ring::ring> ring_;
    ring::io_home* io_ = nullptr;
    timer_queue timers_;
    counters counters_;
    const bool several_cores_;
    bool announced_ = false;  // a sleep, and not taken back; somebody may have been told to end it
    bool dozed_ = false;      // somebody may have put off to wake it
    time_point no_timer_before_ = time_point::min();
    int spin_pause_ = 0;   // sleeps to come without it
    int spin_credit_ = 4;  // grows when looking out for hops to come back pays, shrinks when it does not
    void (*sink_)(void*, std::exception_ptr) = nullptr;
    void* sink_context_ = nullptr;
    leave_to_sleep (*watch_)(void*, bool) noexcept = nullptr;
    void* watch_context_ = nullptr;
    unsigned unasked_[2] = {};  // sleeps that begin without asking: with something to come, with nothing
    time_point sleep_until_ = never;  // by the wish of whoever watches
    std::atomic<bool> closed_{false};
    std::atomic<bool> parked_{false};  // the announced sleep is on the parker; changed only while none is announced
    std::atomic<bool> driven_{false};
    std::uint64_t wakers_ = 0;             // threads that were told to wake this loop
    std::atomic<std::uint64_t> woken_{0};  // of them, those that have
    parker parker_;
    alignas(64) inbox inbox_;
};

/// Makes this thread the one that runs the loop, while it lives.
/// Errors: `std::logic_error` if this thread runs tasks already, or another thread runs the loop, or has run it.
class loop::driver {
public:
    driver(loop& l, place where);
    ~driver();
    driver(const driver&) = delete;
    driver& operator=(const driver&) = delete;

    /// Runs the loop until `done` says so; it is asked whenever a batch has ended.
    void drive(bool (*done)(void*), void* context);

private:
    loop& loop_;
    ring::io_home io_;
    branch* const before_;
    bool answers_pool_ = false;
};

template <class F>
class loop::posted_call : public job {
public:
    template <class G>
    posted_call(loop& l, G&& f) : job(&go), loop_(&l), function_(std::forward<G>(f)) {}

private:
    static void go(job& j) noexcept {
        auto& self = static_cast<posted_call&>(j);
        loop& l = *self.loop_;
        try {
            std::invoke(self.function_);
        } catch (...) {
            l.failed(std::current_exception());
        }
        self.~posted_call();
        free_frame(&self, sizeof(posted_call));
    }
    loop* loop_;
    F function_;
};

}  // namespace coil
