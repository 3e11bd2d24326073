// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/parker.hpp>
#include <coil/runtime/coro/next_slot.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/sched/deque.hpp>
#include <coil/runtime/sched/inbox.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <cstdint>
#include <thread>

namespace coil {

/// Is one thread of a pool: its deque, and the order in which it looks for work.
class worker {
public:
    worker(thread_pool& p, unsigned index);
    void start();
    void join() noexcept { thread_.join(); }
    void unpark() noexcept { parker_.unpark(); }
    bool belongs_to(const thread_pool& p) const noexcept { return &pool_ == &p; }

    /// Queues a node that no other worker may run. Threads: the workers of the same pool.
    void post(node& n) noexcept {
        if (mine_alone_.post(n, n) == inbox::duty::wake) parker_.unpark();
    }
    bool has_mine_alone() const noexcept { return !mine_alone_.empty(); }

    deque own;
    next_slot next;
    std::atomic<std::uint64_t> steals{0};
    std::atomic<std::uint64_t> parks{0};

private:
    void main() noexcept;
    bool run_next() noexcept;
    bool run_mine_alone() noexcept;
    bool run_own() noexcept;
    bool run_injected() noexcept;
    bool run_stolen() noexcept;
    bool search() noexcept;
    void sleep(bool was_searching) noexcept;
    void await_wake_up() noexcept;
    time_point keep_watch() noexcept;
    void end_watch() noexcept;
    node* take_left_behind() noexcept;
    void run_left_behind(node& n) noexcept;
    void found_while_searching() noexcept;

    static void run(fork_slot& s) noexcept;

    thread_pool& pool_;
    const unsigned index_;
    std::uint32_t watched_puts_ = 0;  // into our slot, when the one who keeps the watch looked last
    std::uint32_t random_;
    bool searching_ = false;
    bool watching_ = false;
    unsigned quiet_looks_ = 0;  // since the watch saw something in a slot
    nanoseconds look_after_{};  // the next look of the watch
    node_list collected_;  // of what follows, by this thread
    inbox mine_alone_;     // asleep between the announcement and the end of a sleep
    parker parker_;
    std::thread thread_;
};

/// The worker that this thread is, or null.
inline constinit thread_local worker* this_worker = nullptr;

}  // namespace coil
