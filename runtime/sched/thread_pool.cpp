// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/thread_pool.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/ring/tick.hpp>
#include <coil/runtime/sched/loop.hpp>
#include <coil/runtime/sched/machine.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>
#include <coil/runtime/sched/worker.hpp>

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>

namespace coil {

namespace {
// In the processor's unit. Somebody who took something within the last 15 to 50 us is expected to take the next soon. What is
// left to him waits for 0.6 to 2 ms at most, and for half of that if nobody takes anything: less is not worth a wake-up
// where threads share cores, and the one who took the last piece is put aside for a moment.
constexpr std::uint64_t brisk = 50'000, patience = 2'000'000, stuck = patience / 2;
}  // namespace

unsigned thread_pool::checked(long long workers, place where) {
    if (workers < 1) bad_argument("thread_pool: at least one worker, not " + std::to_string(workers), where);
    if (workers > most_workers) {
        log("thread_pool: " + std::to_string(workers) + " workers were asked for; " + std::to_string(most_workers) +
            " are made, the most that make sense anywhere");
        workers = most_workers;
    }
    const unsigned can = machine::concurrency();
    if (workers > can)
        log("thread_pool: " + std::to_string(workers) + " workers on a machine that runs " + std::to_string(can) +
            " at once: they will take turns");
    return static_cast<unsigned>(workers);
}

thread_pool::thread_pool(size_tag size, std::string name)
    : executor(true), name_(std::move(name)), size_(size.workers), several_cores_(machine::concurrency() > 1) {
    start_workers();
}

thread_pool::~thread_pool() {
    stop_workers();
    // A timer there is armed for a task that waits, and that task would leave it in memory that is gone.
    if (!injected_.empty() || timers_.size() != 0) broken("a thread_pool was destroyed before a task that is at home on it");
}

void thread_pool::start_workers() {
    stopping_.store(false, std::memory_order_release);
    idle_.reserve(size_);
    workers_.reserve(size_);
    for (unsigned i = 0; i != size_; ++i)
        workers_.push_back(std::make_unique<worker>(*this, i));
    // Asleep already: who forks before the last of them has begun shares out all the same.
    for (auto& w : workers_) {
        idle_.announce(*w, false);
        w->own.ask();
    }
    unsigned started = 0;
    try {
        for (; started != size_; ++started)
            workers_[started]->start();
    } catch (const std::system_error&) {
        // the machine has no more threads to give: what has begun ends again
        stopping_.store(true, std::memory_order_seq_cst);
        for (auto& w : workers_)
            w->unpark();
        for (unsigned i = 0; i != started; ++i)
            workers_[i]->join();
        workers_.clear();
        while (idle_.choose_any()) {}
        throw;
    }
}

// Counts a thread that posts from outside: once its node can run, the last task may end, and with it the pool, while
// that thread has yet to wake somebody. Our own workers are waited for anyway.
class thread_pool::poster {
public:
    explicit poster(thread_pool& p) noexcept : pool_(p.here() ? nullptr : &p) {
        // relaxed: whatever the push leads to has seen it
        if (pool_) pool_->posters_.fetch_add(1, std::memory_order_relaxed);
    }
    ~poster() {
        if (pool_) pool_->posters_.fetch_sub(1, std::memory_order_release);
    }
    poster(const poster&) = delete;
    poster& operator=(const poster&) = delete;

private:
    thread_pool* const pool_;
};

void thread_pool::stop_workers() noexcept {
    while (posters_.load(std::memory_order_acquire) != 0)
        std::this_thread::yield();
    {
        const std::scoped_lock nobody_else_wakes(hurry_lock_);
        stopping_.store(true, std::memory_order_seq_cst);
    }
    for (auto& w : workers_)
        w->unpark();
    for (auto& w : workers_) {
        w->join();
        if (node* const left = w->next.take()) injected_.push(*left);
        retired_.steals += w->steals.load(std::memory_order_relaxed);
        retired_.parks += w->parks.load(std::memory_order_relaxed);
    }
    workers_.clear();
    while (idle_.choose_any()) {}
}

void thread_pool::resize(unsigned workers) {
    if (workers == size_) return;
    stop_workers();
    size_ = workers;
    start_workers();
}

// ---- a thread that simulates runs what it posts by itself, and its loop's clock and timers are the pool's

unsigned thread_pool::size() const noexcept {
    return this_simulation != nullptr ? this_simulation->workers() : size_;
}

void thread_pool::post(node& n) noexcept {
    if (this_simulation != nullptr) [[unlikely]]
        return this_simulation->post(*this, n);
    const poster counted(*this);
    end_patience();
    injected_.push(n);
    wake_one();
}

void thread_pool::post(node_list&& batch) noexcept {
    if (batch.empty()) return;
    if (this_simulation != nullptr) [[unlikely]]
        return this_simulation->post(*this, std::move(batch));
    const poster counted(*this);
    end_patience();
    injected_.push(std::move(batch));
    wake_one();  // the first that is woken wakes the next
}

// ---- what is left to those who are awake

// Handlers of requests are short: to wake a second worker for a batch of them costs more than they do. So it is left to
// one at first. Who looks after it, the workers in their turns and the loop that has posted it, wakes another if that takes
// long, and the next batches then wake as any post does.
bool thread_pool::post_short(node_list&& batch) noexcept {
    // only a pool that is never destroyed may be looked after at any time
    const bool may_be_patient = size_ > 1 && this_simulation == nullptr && this == started_pool();
    const bool patient = may_be_patient && (injected_.empty() ? begin_patience() : is_patient());
    if (!patient) {
        post(std::move(batch));
        return false;
    }
    const poster counted(*this);
    injected_.push(std::move(batch));
    if (!one_is_brisk()) wake_one();
    return true;
}

bool thread_pool::begin_patience() noexcept {
    if (is_patient()) patience_.more_is_there();  // the last batch was done in time
    if (!patience_.worth_a_try()) return false;
    patient_since_.store(ring::read_tick().count, std::memory_order_relaxed);
    return true;
}

void thread_pool::end_patience() noexcept {
    if (is_patient()) patient_since_.store(0, std::memory_order_relaxed);
}

// Somebody is awake, and not at one thing for long.
bool thread_pool::one_is_brisk() const noexcept {
    return idle_.asleep() != size_ && ring::read_tick().count - popped_.load(std::memory_order_relaxed) < brisk;
}

bool thread_pool::look_after(bool at_once) noexcept {
    const std::uint64_t since = patient_since_.load(std::memory_order_relaxed);
    if (since == 0 || injected_.empty()) return false;
    if (!at_once) {
        const std::uint64_t present = ring::read_tick().count;
        const std::uint64_t popped = std::max(since, popped_.load(std::memory_order_relaxed));
        // another core's tick may be a little ahead
        const auto longer = [present](std::uint64_t then, std::uint64_t time) { return present > then + time; };
        if (!longer(since, patience) && !longer(popped, stuck)) return true;
        patience_.missed();
    }
    end_patience();
    // It is no post, which those who stop the pool wait for.
    const std::scoped_lock not_stopped_meanwhile(hurry_lock_);
    if (!stopping_.load(std::memory_order_relaxed)) wake_one();
    return false;
}

void thread_pool::post_ready(node& n) noexcept {
    worker* const w = this_worker;
    if (!w || !w->belongs_to(*this) || n.tag() != node::plain || this_simulation != nullptr || !w->next.put(n))
        return post(n);
    if (!idle_.watched()) wake_one();
}

void thread_pool::wake_one() noexcept {
    if (worker* w = idle_.choose()) w->unpark();
}

bool thread_pool::published() noexcept {
    wake_one();
    return idle_.anyone_asleep() && !idle_.anyone_searching();
}

void thread_pool::overflow(fork_slot& s) noexcept {
    s.detach();
    s.set_owner(&s.line, node::first);
    post(s);
}

bool thread_pool::has_published() const noexcept {
    for (const auto& w : workers_)
        if (w->own.has_published()) return true;
    return false;
}

bool thread_pool::has_work() const noexcept {
    return !injected_.empty() || has_published();
}

bool thread_pool::has_work_in_a_hurry() const noexcept {
    return (!is_patient() && !injected_.empty()) || has_published();
}

void thread_pool::arm(timer_ref t) noexcept {
    if (this_simulation != nullptr) [[unlikely]]
        return this_simulation->home().arm(t);
    // a sleeper that waits for the deadline before is woken to wait for this one; busy workers look now and then
    if (timers_.arm(t) && idle_.anyone_asleep_after_write()) wake_one();
}

bool thread_pool::disarm(timer_ref t) noexcept {
    return this_simulation != nullptr ? this_simulation->home().disarm(t) : timers_.disarm(t);
}

bool thread_pool::wants_turn() noexcept {
    if (this_simulation != nullptr) return this_simulation->home().wants_turn();
    return !injected_.empty() || timers_.earliest() != never || (this_worker != nullptr && !this_worker->next.empty());
}

bool thread_pool::has_next() const noexcept {
    for (const auto& w : workers_)
        if (!w->next.empty()) return true;
    return false;
}

std::uint64_t thread_pool::stamp() noexcept {
    return this_simulation != nullptr ? this_simulation->home().stamp() : ring::read_tick().count;
}
time_point thread_pool::time_of(std::uint64_t stamp) noexcept {
    return this_simulation != nullptr ? this_simulation->home().time_of(stamp) : ring::time_of({stamp});
}

time_point thread_pool::now() noexcept {
    return this_simulation != nullptr ? this_simulation->home().now() : ring::time_of(ring::read_tick());
}

bool thread_pool::at_rest() const noexcept {
    if (idle_.asleep() != workers_.size() || timers_.earliest() != never) return false;
    if (posters_.load(std::memory_order_seq_cst) != 0 || has_work() || has_next()) return false;
    for (const auto& w : workers_)
        if (w->has_mine_alone()) return false;
    return true;
}

thread_pool::counters thread_pool::statistics() const noexcept {
    counters sum = retired_;
    for (const auto& w : workers_) {
        sum.steals += w->steals.load(std::memory_order_relaxed);
        sum.parks += w->parks.load(std::memory_order_relaxed);
    }
    return sum;
}

namespace {
std::atomic<thread_pool*> pool_of_process{nullptr};
}

thread_pool& pool() {
    // never destroyed: threads of the program may outlive main
    static thread_pool* const the_pool = [] {
        auto* const p = new thread_pool(machine::concurrency());
        pool_of_process.store(p, std::memory_order_release);
        return p;
    }();
    return *the_pool;
}

thread_pool* started_pool() noexcept {
    return pool_of_process.load(std::memory_order_acquire);
}

}  // namespace coil
