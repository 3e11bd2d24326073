// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/blocking_threads.hpp>

#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/probe.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/ring/tick.hpp>
#include <coil/runtime/sched/machine.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>

#include <algorithm>
#include <chrono>
#include <mutex>
#include <string>
#include <system_error>
#include <thread>

namespace coil {

namespace {
constexpr auto keep_for = std::chrono::seconds(10);
}

blocking_threads::blocking_threads(std::size_t most) : most_(most) {
    asleep_.reserve(most);
}

void blocking_threads::submit(job& j) {
    if (this_simulation != nullptr) [[unlikely]]
        return this_simulation->submit(j);
    sleeper* wake = nullptr;
    bool start = false;
    std::size_t number = 0;
    {
        std::scoped_lock guard(lock_);
        jobs_.push_back(j);
        ++submitted_;
        ++queued_;
        if (queued_ > looking_) {
            if (!asleep_.empty()) {
                wake = asleep_.back();
                asleep_.pop_back();
                wake->chosen = true;
                ++looking_;
            } else if (threads_ < most_) {
                ++threads_;
                ++looking_;
                number = ++born_;
                start = true;
            }
        }
    }
    if (wake) wake->park.unpark();
    if (!start) return;
    try {
        std::thread([this, number] {
            machine::become_thread("coil-block-" + std::to_string(number));
            main();
        }).detach();
    } catch (...) {
        std::scoped_lock guard(lock_);
        --threads_;
        --looking_;
        if (threads_ != 0) return;  // the others take it in time
        node_list others;
        while (node* n = jobs_.pop_front())
            if (n != &j) others.push_back(*n);
        jobs_ = std::move(others);
        --queued_;
        throw;
    }
}

// Takes a job; from the same moment on this thread looks for none, and the next one is another's.
job* blocking_threads::next() noexcept {
    std::scoped_lock guard(lock_);
    node* n = jobs_.pop_front();
    if (!n) return nullptr;
    --queued_;
    --looking_;
    return static_cast<job*>(n);
}

void blocking_threads::main() noexcept {
    sleeper self;
    for (;;) {
        while (job* j = next()) {
            run_job(*j);
            this_thread.current = nullptr;
            std::scoped_lock guard(lock_);
            ++looking_;
        }
        {
            std::scoped_lock guard(lock_);
            if (!jobs_.empty()) continue;
            --looking_;
            self.chosen = false;
            asleep_.push_back(&self);
        }
        const time_point until = ring::time_of(ring::read_tick()) + keep_for;
        for (;;) {
            const bool woken = self.park.park(until);
            std::scoped_lock guard(lock_);
            if (self.chosen) break;
            if (woken) continue;
            std::erase(asleep_, &self);
            --threads_;
            frames::flush();
            return;
        }
    }
}

std::size_t blocking_threads::threads() const noexcept {
    std::scoped_lock guard(lock_);
    return threads_;
}

bool blocking_threads::at_rest() const noexcept {
    std::scoped_lock guard(lock_);
    return jobs_.empty() && asleep_.size() == threads_;
}

std::uint64_t blocking_threads::submitted() const noexcept {
    std::scoped_lock guard(lock_);
    return submitted_;
}

blocking_threads& blocking_pool() {
    static blocking_threads* const the_pool = new blocking_threads(512);
    return *the_pool;
}

}  // namespace coil
