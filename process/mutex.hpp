// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/segment.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/ring/futex_operation.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

namespace coil::process {

class mutex_core;

/// Owns a lock of processes and unlocks it when it goes. Move-only; a guard that moves to another task takes the lock along.
class [[nodiscard("a dropped guard unlocks at once")]] mutex_guard {
public:
    mutex_guard() noexcept = default;
    explicit mutex_guard(mutex_core& held) noexcept : held_(&held) {}
    mutex_guard(mutex_guard&& other) noexcept;
    mutex_guard& operator=(mutex_guard&& other) noexcept;
    ~mutex_guard();

    /// Unlocks before the guard goes. Errors: `errc::operation_not_permitted` if it owns nothing.
    void unlock(place where = place::current());
    explicit operator bool() const noexcept { return held_ != nullptr; }
    mutex_core* owner() const noexcept { return held_; }

private:
    mutex_core* held_ = nullptr;
};

/// Is the awaiter of `lock` and `recover`.
class [[nodiscard("co_await it")]] lock_await : public ring::futex_operation {
public:
    lock_await(mutex_core& m, bool mends, place where) noexcept
        : futex_operation(table, where), mutex_(&m), mends_(mends), where_(where) {}
    bool await_ready();
    mutex_guard await_resume() {
        if (at_once_) [[likely]]
            return mutex_guard(*mutex_);
        return resume_after_wait();
    }

private:
    static bool look(futex_operation& o) noexcept;
    mutex_guard resume_after_wait();
    static const ring::operation_table table;
    mutex_core* mutex_;
    bool mends_;
    bool at_once_ = false;  // by the task itself, before any wait
    bool slept_ = false;
    bool taken_ = false;
    place where_;
};

/// Is what `mutex` and `recursive_mutex` have in common.
class mutex_core {
public:
    mutex_core(mutex_core&& other) noexcept = default;
    mutex_core& operator=(mutex_core&&) noexcept = default;

    /// Locks. Completes: at home, with the guard, when nobody else has it; who comes first gets it, there is no line.
    /// Errors: `errc::owner_dead`, "the owner of this mutex died": the lock is not taken, and what it guards may be half
    /// done; everybody is told so until one has mended it (`recover`). `errc::resource_deadlock_would_occur` for the task
    /// or thread that has it, if it is not recursive. Cancel: `cancelled`, nothing is locked.
    /// Cost: one compare-and-swap if it is free; a spin and one entry of the ring if not.
    lock_await lock(place where = place::current()) noexcept { return {*this, false, where}; }
    /// Locks, whether or not the owner died. Ask `owner_died`; call `consistent` once all is well again, or the next one
    /// is told as well.
    lock_await recover(place where = place::current()) noexcept { return {*this, true, where}; }
    /// True if it was free. Errors: `errc::owner_dead`.
    bool try_lock(place where = place::current());
    /// Locks if that succeeds in time; else an empty optional.
    template <class Rep, class Period>
    task<std::optional<mutex_guard>> try_lock_for(std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return lock_within(*this, clamp_duration(d), where);
    }
    /// The same for plain threads. Errors: `errc::resource_deadlock_would_occur` on a thread of coil, unless it is free.
    mutex_guard lock_blocking(place where = place::current());
    mutex_guard recover_blocking(place where = place::current());
    /// Errors: `errc::operation_not_permitted` for who has not locked it.
    void unlock(place where = place::current());

    /// True if somebody has it, in whatever process.
    bool locked() const noexcept;
    /// True if an owner died and nobody has said since that what it guards is whole.
    bool owner_died() const noexcept;
    /// Says that what it guards is whole again. Errors: `errc::operation_not_permitted` for who has not locked it.
    void consistent(place where = place::current());
    /// True if the calling task, or the calling thread outside of any, has it.
    bool mine() const noexcept;

    /// How it goes to another process, where it is the same lock.
    void encode(encoder& to) const { segment_->encode(to); }
    segment& shared() const noexcept { return *segment_; }

    /// Makes the guard's lock the calling task's. For guards that move.
    void adopt() noexcept;
    void release() noexcept;

    /// Where a lock of the same kind lies in another object.
    struct state {
        std::atomic<std::uint64_t> holder;  // in the owner's process: a task or thread; 0: none
        std::uint32_t depth;                // of a recursive one; the holder's
        std::uint32_t half_done;            // 1: an owner died and nobody has mended it; the holder's
    };
    static constexpr std::uint32_t kind_of_plain = 1, kind_of_recursive = 2;

protected:
    explicit mutex_core(std::uint32_t kind);
    mutex_core(std::uint32_t kind, decoder& from);
    mutex_core(segment_ref s, bool recursive) noexcept : segment_(std::move(s)), recursive_(recursive) {}
    ~mutex_core() = default;

private:
    friend class lock_await;
    friend class mutex_guard;
    static task<std::optional<mutex_guard>> lock_within(mutex_core& m, nanoseconds d, place where);
    enum class answer : std::uint8_t { taken, held, owner_died };
    answer take(bool mends, bool slept, std::uint32_t& seen) noexcept;
    bool enter_again(place where);
    void entered(bool after_death) noexcept;
    bool has_worth_a_spin() const noexcept;
    mutex_guard lock_thread(bool mends, place where);
    void require_mine(place where) const;
    state& its() const noexcept { return *reinterpret_cast<state*>(segment_->payload()); }
    lock_word word() const noexcept { return segment_->lock(0); }

    segment_ref segment_;
    bool recursive_;
};

/// Excludes tasks and threads of several processes from each other; it outlives any of them.
/// Shape: an object is passed to workers, or sent, and is the same lock there. Move-only. If its owner dies, or a process
/// lets its last object of it go while it has it locked, the next is told (`lock`).
/// Threads: any. Lifetime: guards do not outlive the object. Cost: 20 KiB of address space, 12 KiB of memory, one
/// descriptor; a process that shares something has one more thread, which sleeps.
class mutex : public mutex_core {
public:
    using guard = mutex_guard;
    /// Errors: `std::system_error` if there is no memory or descriptor.
    mutex() : mutex_core(kind_of_plain) {}
    static mutex decode(decoder& from) { return mutex(from); }

private:
    explicit mutex(decoder& from) : mutex_core(kind_of_plain, from) {}
};

}  // namespace coil::process
