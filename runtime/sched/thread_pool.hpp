// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/ring/try_history.hpp>
#include <coil/runtime/sched/deque.hpp>
#include <coil/runtime/sched/idle.hpp>
#include <coil/runtime/sched/injection.hpp>
#include <coil/runtime/sched/timer_queue.hpp>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace coil {

class worker;

/// Runs coroutines on several threads that steal forked work from each other.
/// Shape: 1 to 1,024 workers; 0 and negative numbers are refused, more than the machine can run at once is logged.
/// Threads: everything from any. Lifetime: its destructor waits for the workers; no task may be at home on it then.
/// Cost: an idle pool uses no processor time; a fork costs no atomic operation unless it is stolen.
class thread_pool final : public executor, private work_market {
public:
    /// Errors: `std::invalid_argument` for less than 1; of more than 1,024 the rest is left out, and logged.
    template <std::integral Int>
    explicit thread_pool(Int workers, std::string_view name = "coil", place where = place::current())
        : thread_pool(size_tag{checked(static_cast<long long>(workers), where)}, std::string(name)) {}
    ~thread_pool();

    /// How many workers it has.
    unsigned size() const noexcept;
    /// Changes the number of workers while no task is at home here.
    void resize(unsigned workers);
    static unsigned checked(long long workers, place where);
    static constexpr unsigned most_workers = 1024;

    void post(node& n) noexcept override;
    void post(node_list&& batch) noexcept override;
    bool post_short(node_list&& batch) noexcept override;
    bool look_after(bool at_once) noexcept override;
    /// From a worker: it runs there next, and if that worker is busy for long, on another.
    void post_ready(node& n) noexcept override;
    void arm(timer_ref t) noexcept override;
    bool disarm(timer_ref t) noexcept override;
    time_point now() noexcept override;
    std::uint64_t stamp() noexcept override;
    time_point time_of(std::uint64_t stamp) noexcept override;
    bool wants_turn() noexcept override;

    /// What the workers have done so far. Units: counts.
    struct counters {
        std::uint64_t steals = 0;
        std::uint64_t parks = 0;
    };
    counters statistics() const noexcept;
    /// True if every worker sleeps, and nothing is queued that would wake one, nor a timer armed.
    bool at_rest() const noexcept;

private:
    friend class worker;
    class poster;
    struct size_tag {
        unsigned workers;
    };
    thread_pool(size_tag size, std::string name);
    void start_workers();
    void stop_workers() noexcept;
    bool anyone_idle() noexcept override { return idle_.anyone(); }
    bool published() noexcept override;
    bool has_thieves() noexcept override { return size_ > 1; }
    void overflow(fork_slot& s) noexcept override;
    void wake_one() noexcept;
    bool has_work() const noexcept;
    bool has_work_in_a_hurry() const noexcept;
    bool has_published() const noexcept;
    bool is_patient() const noexcept { return patient_since_.load(std::memory_order_relaxed) != 0; }
    bool begin_patience() noexcept;
    void end_patience() noexcept;
    bool one_is_brisk() const noexcept;
    bool has_next() const noexcept;

    std::string name_;
    unsigned size_;
    const bool several_cores_;
    std::vector<std::unique_ptr<worker>> workers_;
    injection injected_;
    std::atomic<std::uint32_t> posters_{0};  // threads other than the workers that are inside of `post`
    // patient_since_: 0: whoever finds work in `injected_` wakes the next | the tick since when all that lies there is left
    //                 to those who are awake
    std::atomic<std::uint64_t> patient_since_{0};
    std::atomic<std::uint64_t> popped_{0};  // the tick when a worker last took something from `injected_`
    ring::try_history patience_;            // by how often the last batches had to be looked after
    spin_lock hurry_lock_;                  // whoever wakes a worker although no task may be at home here any more
    timer_queue timers_;
    idle idle_;
    std::atomic<bool> stopping_{false};
    counters retired_;
};

/// The process's pool: as many workers as the machine can run at once, unless a run asks for another number.
/// Lifetime: started at first use, never destroyed.
thread_pool& pool();
/// The same if it has been started, else null.
thread_pool* started_pool() noexcept;

}  // namespace coil
