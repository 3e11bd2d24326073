// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/held_spins.hpp>
#include <coil/runtime/coro/next_slot.hpp>
#include <coil/runtime/coro/node.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>

namespace coil {

class executor;
class lane;

/// Is one size class of a thread's recycled frames.
struct frame_list {
    void* head = nullptr;
    std::int32_t room = 0;  // frees until the list is measured: it is at most its cap less this long
};

/// Classes of frames: multiples of 16 bytes up to 1 KiB, where most frames are, of 64 bytes up to 4 KiB.
inline constexpr std::size_t frame_grain = 16, large_frame_grain = 64;
inline constexpr std::size_t small_frame_bytes = 1024, small_frame_classes = small_frame_bytes / frame_grain;
inline constexpr std::size_t frame_classes = small_frame_classes + 3072 / large_frame_grain + 1;  // class 0 is none
constexpr std::size_t frame_class(std::size_t size) noexcept {
    if (size <= small_frame_bytes) return size ? (size + frame_grain - 1) / frame_grain : 1;
    return small_frame_classes + (size - small_frame_bytes + large_frame_grain - 1) / large_frame_grain;
}
/// A class of its own: the records of tasks, which want no alignment of 16.
inline constexpr std::size_t record_bytes = 104, record_class = frame_classes;
inline constexpr std::size_t memory_classes = frame_classes + 1;
constexpr std::size_t frame_class_bytes(std::size_t index) noexcept {
    if (index == record_class) return record_bytes;
    if (index <= small_frame_classes) return index * frame_grain;
    return small_frame_bytes + (index - small_frame_classes) * large_frame_grain;
}

/// Is what coil keeps per thread, in one place so that one base register reaches all of it.
struct thread_state {
    std::int32_t transfers_left = 0;      // symmetric transfers before the one that the resumer makes
    std::coroutine_handle<> handed_back;  // what a counted-out transfer left for the resumer
    branch* current = nullptr;            // the branch whose code runs on this thread now
    executor* here = nullptr;             // the executor this thread works for now
    node_list* ready = nullptr;           // that executor's own ready list, if only this thread touches it
    next_slot* next = nullptr;            // where a pool's worker has what its own work made ready, instead of such a list
    std::uint32_t turns = 0;              // resumptions left before that executor looks round
    lane* forks = nullptr;                // where this thread puts forked children that others may steal
    std::uint32_t away = 0;               // branches of this thread's loop that are out on the pool and soon back
    frame_list frames[memory_classes];
};

// constant-initialised and trivially destroyed, so that no access goes through a guard
inline constinit thread_local thread_state this_thread;

/// Symmetric transfers that may follow each other before the stack is unwound once.
/// g++ makes them tail calls only from -O2 on and never under ASan, and no macro tells these builds apart; so they are
/// counted in every build: 64 frames of the fattest build fit into any stack, and counting costs under a nanosecond. As many
/// again may come by turns (`go_to_next`).
inline constexpr std::int32_t transfer_limit = 64;

/// Is what every `await_suspend` of coil returns its handle through: passes it on or, past the limit, leaves it for the
/// resumer.
[[nodiscard]] inline std::coroutine_handle<> transfer(std::coroutine_handle<> h) noexcept {
    thread_state& t = this_thread;
    if (--t.transfers_left >= 0) [[likely]] return h;
    t.handed_back = h;
    return std::noop_coroutine();
}

/// Tells whether a coroutine that suspends may be followed by another one at once: the executor need not look round yet,
/// and no spin mutex is held, since whoever resumed the coroutine is to report that.
[[nodiscard]] inline bool may_go_on(const thread_state& t) noexcept {
#ifdef NDEBUG
    return t.turns > 1;
#else
    return t.turns > 1 && held_spins == 0;
#endif
}

/// Is what an `await_suspend` returns that has suspended its branch: the next one that is ready here, as long as the
/// executor need not look round, else nothing. It touches nothing of the awaiter, which may be resumed elsewhere by now.
/// What the turns bound is no transfer to be counted: before they run out the stack has been unwound.
[[nodiscard]] std::coroutine_handle<> go_to_next() noexcept;

/// Resumes a coroutine and whatever it hands back: the one place in coil that calls `resume` on a task's frame.
void resume(std::coroutine_handle<> h) noexcept;

/// Runs what a queue gave: sets the current branch and resumes, begins or calls.
void run_node(node& n) noexcept;

}  // namespace coil
