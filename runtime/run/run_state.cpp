// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/run_state.hpp>

#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/debug/idle_watch.hpp>
#include <coil/runtime/debug/task_report.hpp>
#include <coil/runtime/debug/watching.hpp>
#include <coil/runtime/ring/choose.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/run/stop_signals.hpp>
#include <coil/runtime/run/work_guard.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <mutex>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace coil {

namespace {

// Every run of the process, the youngest first. Never destroyed.
struct run_list {
    std::mutex lock;
    run_state* youngest = nullptr;
};
run_list& runs() {
    static run_list* const all = new run_list;
    return *all;
}

// 0: none asked for.
unsigned wanted_workers(const count& wanted, place where) {
    if (!wanted.given()) return 0;
    return thread_pool::checked(static_cast<long long>(std::min<std::uint64_t>(wanted.value(), 0x7fffffff)), where);
}

}  // namespace

// While the run goes on, an error whose handle is dropped ends it; later it goes where suppressed errors go.
class run_state::afterlife final : public task_owner {
public:
    explicit afterlife(run_state& r) noexcept : run_(&r) {}
    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void run_has_ended() noexcept {
        {
            std::scoped_lock guard(lock_);
            run_ = nullptr;
        }
        drop();
    }
    void unclaimed(std::exception_ptr error, task_record& r) noexcept override {
        {
            std::scoped_lock guard(lock_);
            if (run_ && run_->take_error(error)) return;
        }
        suppress(std::move(error), &r);  // under no lock: the hook is the user's
    }
    void drop() noexcept override {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }
    void failed(task_record&, const std::exception_ptr&) noexcept override {}
    void ended(task_record&) noexcept override {}
    task_owner& keep() noexcept override { return *this; }
    task_owner& run() noexcept override { return *this; }
    void add(task_record&) override {}

private:
    spin_lock lock_;
    run_state* run_;
    std::atomic<std::uint32_t> references_{1};
};

run_state::run_state(loop& l, const run_options& options, place where)
    : loop_(l), grace_(options.grace), name_(options.name) {
    if (this_thread.here) misuse("run inside a run: this thread runs tasks already; await the task instead", where);
    workers_ = wanted_workers(options.pool_size, where);
}

run_state::~run_state() {
    suppress(std::move(error_), main_);
    if (main_) main_->drop_handle();
    if (afterlife_) afterlife_->run_has_ended();
}

// Under the list's lock, so that no other run begins while the pool changes its size.
void run_state::enlist() {
    unsigned refused = 0;
    {
        std::scoped_lock guard(runs().lock);
        if (workers_ != 0 && workers_ != pool().size()) {
            if (runs().youngest) refused = pool().size();
            else pool().resize(workers_);
        }
        older_ = runs().youngest;
        runs().youngest = this;
    }
    if (refused != 0)
        log("run: the pool keeps its " + std::to_string(refused) + " workers, because another run is using it; " +
            std::to_string(workers_) + " were asked for");
}

// Under the list's lock.
void run_state::strike_off() noexcept {
    run_state** r = &runs().youngest;
    while (*r && *r != this)
        r = &(*r)->older_;
    if (*r) *r = older_;
}

// Asked by the loop when it is about to sleep.
struct run_state::sleep_watch {
    explicit sleep_watch(run_state& r) noexcept : run(r) {}
    static loop::leave_to_sleep ask(void* self, bool nothing_to_come) noexcept {
        auto& w = *static_cast<sleep_watch*>(self);
        if (w.stuck) return {};
        debug::idle_watch::verdict v = w.judge.ask(
            w.run.loop_, nothing_to_come, [](void* of) { return static_cast<run_state*>(of)->alone(); }, &w.run);
        if (v.dead) {
            if (w.dead) {
                tell(v.dead);
                w.run.look_again();  // the hook may have made something ready
            } else {
                w.run.fail(std::move(v.dead));
            }
            w.stuck = std::exchange(w.dead, true);
        }
        // although nothing has happened: who was to be stopped has not moved
        if (w.dead && !w.stuck && nothing_to_come && v.ask_again == never && w.looks_left != 0) {
            --w.looks_left;
            v.ask_again = w.run.loop_.now() + std::chrono::milliseconds(100);
        }
        return {v.ask_again, v.unasked};
    }
    // The error will not come out of the run, as long as there are some that no stop reaches.
    static void tell(const std::exception_ptr& error) noexcept {
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            try {
                log("a deadlock was found and the run stopped, but it cannot end: what is left is shielded, or at home where "
                    "nobody runs it\n" + std::string(e.what()));
            } catch (const std::bad_alloc&) {
                log("a run that was stopped cannot end");
            }
        }
    }
    run_state& run;
    debug::idle_watch judge{run};
    bool dead = false;   // and failed by it
    bool stuck = false;  // and said so
    unsigned looks_left = 20;  // for that
};

void run_state::execute(promise_base& first, std::coroutine_handle<> frame, place where) {
    struct unused {
        std::coroutine_handle<> frame;
        ~unused() {
            if (frame) frame.destroy();
        }
    } guard{frame};
    const debug::watched_run watched;
    loop::driver driver(loop_, where);
    loop_.set_error_sink([](void* self, std::exception_ptr e) { static_cast<run_state*>(self)->fail(std::move(e)); },
                         this);
    loop_.open();
    sleep_watch watch(*this);
    if (this_simulation == nullptr) loop_.set_sleep_watch(&sleep_watch::ask, &watch);
    try {
        enlist();
        // in this one's hands already, so that a throw does not destroy the frame twice
        guard.frame = nullptr;
        main_ = &spawn_frame(first, frame, {.name = name_}, where, &loop_, this);
    } catch (...) {
        std::scoped_lock list_guard(runs().lock);
        strike_off();
        loop_.set_error_sink(nullptr, nullptr);
        loop_.set_sleep_watch(nullptr, nullptr);
        loop_.close();
        throw;
    }
    try {
        driver.drive([](void* self) { return static_cast<run_state*>(self)->over(); }, this);
    } catch (const std::exception& e) {
        // what comes next is the end of the process: tasks cannot be stopped without a ring
        log(std::string("run: the ring has failed while tasks were alive: ") + e.what());
        throw;
    }
    loop_.set_error_sink(nullptr, nullptr);
    loop_.set_sleep_watch(nullptr, nullptr);
    loop_.close();
    if (stopping_) loop_.disarm(grace_timer_);
    release_stop_signals(*this);
}

// Asked by the loop whenever a batch has ended.
bool run_state::over() noexcept {
    if (!attention_.load(std::memory_order_acquire)) return false;
    attention_.exchange(false, std::memory_order_acq_rel);  // whoever asked for it wrote before what is read now
    if (asked_to_stop_.exchange(false, std::memory_order_acq_rel)) stop_all("the run was asked to stop");
    bool failed = false, tell_daemons = false;
    {
        std::scoped_lock guard(lock_);
        if (main_ended_ && main_->state() != task_state::done) failed = true;
        if (error_) failed = true;
        // each time anew: a daemon may leave another one behind
        tell_daemons = main_ended_ && tasks_locked() == 0 && daemons_locked() != 0;
    }
    if (failed && !stopping_) stop_all("the run has failed");
    if (tell_daemons) stop_daemons("the run has ended");
    // a task from outside may come until the list says that this run is gone
    std::scoped_lock list_guard(runs().lock);
    std::scoped_lock guard(lock_);
    if (tasks_locked() + daemons_locked() != 0) return false;
    strike_off();
    return true;
}

// True if there is no other run, nor a promise that something will come from outside of coil.
bool run_state::alone() noexcept {
    if (work_guard::held()) return false;
    std::scoped_lock guard(runs().lock);
    return runs().youngest == this && !older_;
}

void run_state::stop_all(std::string_view reason) noexcept {
    if (!stopping_) {
        stopping_ = true;
        grace_timer_.deadline = deadline_after(loop_.now(), grace_);
        if (grace_timer_.deadline != never) loop_.arm(grace_timer_);
    }
    stop(reason);
}

void run_state::look_again() noexcept {
    attention_.store(true, std::memory_order_release);
    loop_.nudge();
}

void run_state::ask_to_stop() noexcept {
    asked_to_stop_.store(true, std::memory_order_release);
    look_again();
}

void run_state::grace_timer::over(timer&) noexcept {
    // what is in reach of this thread: that of the run, and of the pool
    try {
        for (const task_row& row : debug::tasks_in_reach())
            log("still " + row.state + ": " + debug::outline_of(row));
    } catch (const std::bad_alloc&) {
        log("there is no memory to say which");
    }
    broken("the grace that a stopped run had is over and tasks have not ended: ending the process");
}

wait* run_state::task_ended(task_record& r) noexcept {
    if (&r == main_) main_ended_ = true;
    if (tasks_locked() == 0 || main_ended_) look_again();
    return nullptr;
}

task_owner& run_state::keep() noexcept {
    std::scoped_lock guard(lock_);
    if (!afterlife_) afterlife_ = new afterlife(*this);
    afterlife_->add_reference();
    return *afterlife_;
}

void run_state::unclaimed(std::exception_ptr error, task_record&) noexcept {
    fail(std::move(error));
}

bool run_state::take_error(std::exception_ptr& error) noexcept {
    std::scoped_lock guard(lock_);
    if (error_) return false;
    error_ = std::move(error);
    error_before_main_ = !main_ended_;
    look_again();
    return true;
}

void run_state::fail(std::exception_ptr error) noexcept {
    if (!take_error(error)) suppress(std::move(error), nullptr);
}

std::exception_ptr run_state::error() noexcept {
    std::scoped_lock guard(lock_);
    // of several errors the first in time ends the run
    if (main_->state() == task_state::failed && !error_before_main_) return nullptr;
    return std::exchange(error_, nullptr);
}

task_record* run_state::spawn_from_outside(promise_base& first, std::coroutine_handle<> frame, place where) {
    std::scoped_lock guard(runs().lock);
    run_state* youngest = runs().youngest;
    if (!youngest) return nullptr;
    return &spawn_frame(first, frame, {}, where, &youngest->loop_, youngest);
}

// ------------------------------------------------------------------ loops for runs

namespace {
struct loop_shells {
    std::mutex lock;
    std::vector<loop*> idle;
};
loop_shells& shells() {
    static loop_shells* const all = new loop_shells;
    return *all;
}
}  // namespace

lent_loop::lent_loop() : loop_(nullptr) {
    auto entries = ring::make_ring();
    {
        std::scoped_lock guard(shells().lock);
        shells().idle.reserve(shells().idle.size() + 1);
        if (!shells().idle.empty()) {
            loop_ = shells().idle.back();
            shells().idle.pop_back();
        }
    }
    if (!loop_) loop_ = new loop(nullptr);
    loop_->renew(std::move(entries));
}

lent_loop::~lent_loop() {
    loop_->renew(nullptr);
    std::scoped_lock guard(shells().lock);
    shells().idle.push_back(loop_);
}

}  // namespace coil
