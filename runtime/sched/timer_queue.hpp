// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/timer.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>
#include <vector>

namespace coil {

class later_timers;

/// Keeps the armed timers of one executor. The near ones lie in a four-way heap whose keys lie beside each other, so
/// that a look at four children is one cache line; once those are more than 256, the later ones wait unsorted and come
/// into it a list at a time. The kernel sees one deadline, the earliest.
/// Threads: any; several may fire at once. Cost: 16 bytes per timer; a timer that is later than the others is armed
/// and disarmed in constant time. Only arming takes memory.
class timer_queue {
public:
    timer_queue();
    ~timer_queue();
    timer_queue(const timer_queue&) = delete;
    timer_queue& operator=(const timer_queue&) = delete;

    /// Returns true if it is now the earliest.
    bool arm(timer_ref t) noexcept;
    /// Returns true if it will not fire. On return its `fire` runs on no other thread.
    bool disarm(timer_ref t) noexcept;
    /// Fires what is due; returns how many.
    std::size_t fire_due(time_point now) noexcept;
    time_point earliest() const noexcept { return time_point(nanoseconds(earliest_.load(std::memory_order_acquire))); }
    std::size_t size() const noexcept;

private:
    friend class later_timers;
    struct entry {
        std::int64_t deadline;
        timer_ref owner;
        void leave() const noexcept { owner.key().deadline = time_point(nanoseconds(deadline)); }
    };
    struct firing {
        timer_ref what;  // popped, its `fire` not yet done; or null
        std::thread::id by;
        firing* next;
    };
    static constexpr std::size_t ways = 4;
    static constexpr std::size_t most_near = 256;  // a larger heap makes nothing faster

    void place_at(std::size_t i, entry e) noexcept {
        heap_[i] = e;
        e.owner.key().set_slot(static_cast<std::uint32_t>(i));
    }
    void rise(std::size_t i, entry e) noexcept;
    void sink(std::size_t i, entry e) noexcept;
    void remove_at(std::size_t i) noexcept;
    void rebuild() noexcept;
    void refill() noexcept;
    void spill() noexcept;
    bool prepare_later() noexcept;
    bool put_off(entry e) noexcept;
    void unlink(const firing& f) noexcept;
    void note_earliest() noexcept {
        earliest_.store(heap_.empty() ? never.time_since_epoch().count() : heap_.front().deadline,
                        std::memory_order_release);
    }

    mutable spin_lock lock_;
    std::vector<entry> heap_;              // empty only if nothing is armed
    std::size_t heap_limit_ = most_near;   // more than that are parted
    std::unique_ptr<later_timers> later_;  // from the first time on that the heap was too large
    std::atomic<std::int64_t> earliest_{never.time_since_epoch().count()};  // a copy of the root's key
    firing* firings_ = nullptr;                                             // one for each thread that fires
};

}  // namespace coil
