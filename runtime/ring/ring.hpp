// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/ring/call.hpp>
#include <coil/runtime/ring/features.hpp>
#include <coil/runtime/ring/tick.hpp>

#include <linux/io_uring.h>

#include <atomic>
#include <concepts>
#include <cstdint>
#include <vector>

struct io_uring_buf;

namespace coil::ring {

class buffer_pool;

/// The user_data of an entry whose completion nobody wants to see.
inline constexpr std::uint64_t ignored = 0;
/// User_data below this belongs to the ring itself; a caller's is the address of something, so it is above.
inline constexpr std::uint64_t first_user_data = 64;

/// Is the answer to one entry.
struct completion {
    std::uint64_t user_data;
    std::int32_t res;
    std::uint32_t flags;
};

/// Takes entries to whoever answers them (kernel, fallback, simulation) and brings their completions back.
/// Shape: an entry is answered by one completion, by several if its opcode says so, by none with CQE_SKIP_SUCCESS.
/// Threads: one thread owns a ring: the first that calls `submit_and_wait` (or a `take` that finds the queue full).
/// `wake`, `now`, `close`, `clock`, `stamp`, `time` and `has` may be called by any thread.
/// Lifetime: what an entry points to lives until its completion was reaped, also when it was cancelled.
/// Cost: nothing here allocates while completions find room; see `submit_and_wait` for the system calls.
class ring {
public:
    ring(const ring&) = delete;
    ring& operator=(const ring&) = delete;
    virtual ~ring();

    /// Lends the next submission entry. It holds old contents: write every field, `user_data` too, before the next call.
    /// A full queue is submitted first, which waits for nothing.
    io_uring_sqe& take() {
        if (tail_ == limit_) [[unlikely]]
            make_room();
        return entries_[tail_++ & entry_mask_];
    }

    /// Verb 1: submits every entry taken, collects completions and waits until there is one, until the deadline or a
    /// wake-up. It may return early (signal, pressure): look at the clock, come again.
    /// Shape: `never` waits without limit, `time_point::min()` waits for nothing.
    /// Errors: `std::logic_error` on a thread that does not own the ring and in a forked child; `std::system_error` if
    /// the kernel lost a completion. A full queue of either kind is no error.
    /// Cost: one system call; none if there is nothing to submit, to collect or to wait for.
    virtual void submit_and_wait(time_point deadline) = 0;

    /// Verb 2: does at once what is no entry; a negative errno is a value.
    virtual long now(const call& what) = 0;

    /// Verb 3: closes a descriptor; 0 or a negative errno, and in each case the number is free.
    virtual int close(int fd) noexcept = 0;

    /// Verb 4: reads the clock.
    virtual time_point clock() const noexcept = 0;

    /// Makes the present `submit_and_wait` return, or the next one; too many are harmless.
    virtual void wake() noexcept = 0;

    /// The buffers that it lends to those who receive: made when first asked for, null if there is no memory for them.
    /// Threads: the owner; once they are made, any.
    buffer_pool* buffers() noexcept { return buffers_ != nullptr ? buffers_ : make_buffers(); }
    /// Has the ring pick buffers from what is offered there when an entry asks for one; false if it cannot.
    /// Lifetime: `offered` outlives the ring's last entry.
    virtual bool pick_from(io_uring_buf* offered, unsigned count) noexcept;

    /// Calls f(user_data, res, flags) for each completion that was collected. f may take entries.
    template <std::invocable<std::uint64_t, std::int32_t, std::uint32_t> F>
    unsigned reap(F&& f) {
        unsigned count = 0;
        for (completion c; next(c);) {
            // a copy of its own: what has an address lies in memory
            if (c.user_data < first_user_data) [[unlikely]] {
                own_completion(completion(c));
                continue;
            }
            f(c.user_data, c.res, c.flags);
            ++count;
        }
        return count;
    }

    /// True if `reap` would find something without a further `submit_and_wait`.
    bool has_completions() const noexcept {
        return load_relaxed(completion_head_) != load_acquire(completion_tail_) || !spilled_.empty();
    }
    /// True if `reap` would find exactly one, and a further `submit_and_wait` was not needed for it.
    bool has_one_completion() const noexcept {
        return load_acquire(completion_tail_) - load_relaxed(completion_head_) == 1 && spilled_.empty();
    }
    /// Entries taken and not yet submitted.
    unsigned unsubmitted() const noexcept { return tail_ - load_acquire(entry_head_); }

    /// Notes the moment without reading the clock where the machine allows it; for deadlines that mostly never arm.
    tick stamp() const noexcept { return virtual_now_ != nullptr ? tick{*virtual_now_} : read_tick(); }
    /// Turns a stamp of this ring into a time.
    time_point time(tick then) const noexcept {
        return virtual_now_ != nullptr ? time_point(nanoseconds(static_cast<std::int64_t>(then.count))) : time_of(then);
    }

    /// What the shortest wait for timers is worth where many are due together: zero where waits cost nothing.
    nanoseconds timer_slack() const noexcept { return timer_slack_; }

    /// True if its descriptors are its own: only this ring can close them. The kernel's can be closed by anybody.
    bool keeps_descriptors() const noexcept { return virtual_now_ != nullptr; }

    /// What whoever answers can do.
    bool has(feature f) const noexcept { return features_.has(f); }
    bool has(std::uint8_t opcode) const noexcept { return features_.has(opcode); }

protected:
    ring() = default;

    // A word that the other side reads or writes at the same time.
    using word = unsigned;
    static word load_acquire(word* w) noexcept { return std::atomic_ref<word>(*w).load(std::memory_order_acquire); }
    static word load_relaxed(word* w) noexcept { return std::atomic_ref<word>(*w).load(std::memory_order_relaxed); }
    static void store_release(word* w, word v) noexcept {
        std::atomic_ref<word>(*w).store(v, std::memory_order_release);
    }

    // Shows the other side the entries taken so far; returns how many it has not consumed.
    unsigned publish() noexcept {
        store_release(entry_tail_, tail_);  // pairs with whoever answers: entries are written before
        return unsubmitted();
    }
    // Learns how far the other side has consumed entries.
    void renew_limit() noexcept { limit_ = load_acquire(entry_head_) + entry_mask_ + 1; }
    // Makes every `take` go the slow way, which refuses.
    void refuse_entries() noexcept { limit_ = tail_; }

    io_uring_sqe* entries_ = nullptr;
    unsigned entry_mask_ = 0;
    unsigned tail_ = 0;           // next entry to take
    unsigned limit_ = 0;          // where `tail_` meets what is not consumed yet
    word* entry_head_ = nullptr;  // the other side's: consumed up to here
    word* entry_tail_ = nullptr;  // ours: published up to here
    word* state_ = nullptr;       // the other side's IORING_SQ_ flags
    io_uring_cqe* completions_ = nullptr;
    unsigned completion_mask_ = 0;
    word* completion_head_ = nullptr;  // ours: reaped up to here
    word* completion_tail_ = nullptr;  // the other side's: filled up to here
    const std::uint64_t* virtual_now_ = nullptr;
    nanoseconds timer_slack_{0};
    features features_;

private:
    bool next(completion& c) noexcept {
        if (!spilled_.empty()) [[unlikely]] {
            c = next_spilled();
            return true;
        }
        const word head = load_relaxed(completion_head_);
        if (head == load_acquire(completion_tail_)) return false;  // pairs with the other side's store of the tail
        const io_uring_cqe& from = completions_[head & completion_mask_];
        c = {from.user_data, from.res, from.flags};
        store_release(completion_head_, head + 1);  // the slot may be written again from here on
        return true;
    }
    buffer_pool* make_buffers() noexcept;
    completion next_spilled() noexcept;
    void make_room();
    void spill();
    // A completion of one of the ring's own entries.
    virtual void own_completion(const completion&) noexcept {}

    // Completions moved out of a full completion queue when only that let the submission queue move on.
    std::vector<completion> spilled_;
    std::size_t next_spilled_ = 0;
    buffer_pool* buffers_ = nullptr;
};

}  // namespace coil::ring
