// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/futex.hpp>

#include <atomic>
#include <cstdint>

namespace coil::process {

/// Names one process among those that share an object: its place in the table, and how often that was given away. A name
/// does not come again, so what is said of a dead member is never taken for another. 28 bits, not 0.
using member_id = std::uint32_t;

/// Is a lock on one word that processes share, and that survives its owner.
///   bits 0-27  the member that has it; 0: nobody
///   died       its owner died inside: what it guards may be half done
///   epoch      flips when members come or go, so that nobody falls asleep without having noticed
///   sleepers   somebody may sleep on the word
class lock_word {
public:
    static constexpr std::uint32_t owner_mask = 0x0fffffff, died = 1U << 28, epoch = 1U << 29, sleepers = 1U << 31;
    explicit lock_word(futex::word& w) noexcept : w_(&w) {}

    /// Takes it if nobody has it, sleeps on it or died inside. Cost: one compare-and-swap.
    bool try_take(member_id me) noexcept {
        std::uint32_t v = w_->load(std::memory_order_relaxed);
        // acquire pairs with the release of whoever had it
        return (v & ~epoch) == 0 &&
               w_->compare_exchange_strong(v, v | me, std::memory_order_acquire, std::memory_order_relaxed);
    }

    enum class answer : std::uint8_t { taken, taken_after_death, held, owner_died };
    /// Takes it, or says that it will be slept for; `seen` is the value to sleep on. After a death it is taken only by
    /// one that will mend. `slept`: others may sleep behind the caller.
    answer take(member_id me, bool mends, bool slept, std::uint32_t& seen) noexcept {
        std::uint32_t v = w_->load(std::memory_order_relaxed);
        for (;;) {
            if ((v & owner_mask) == 0) {
                if ((v & died) != 0 && !mends) return answer::owner_died;
                const std::uint32_t mine = v | me | (slept ? sleepers : 0);
                if (w_->compare_exchange_weak(v, mine, std::memory_order_acquire, std::memory_order_relaxed))
                    return (v & died) != 0 ? answer::taken_after_death : answer::taken;
            } else if ((v & sleepers) != 0 ||
                       w_->compare_exchange_weak(v, v | sleepers, std::memory_order_relaxed)) {
                seen = v | sleepers;
                return answer::held;
            }
        }
    }

    /// Gives it back. `mended`: what it guards is whole, whoever died inside before.
    void release(bool mended = true) noexcept {
        std::uint32_t v = w_->load(std::memory_order_relaxed), next;
        do {
            next = v & (mended ? epoch : epoch | died);
        } while (!w_->compare_exchange_weak(v, next, std::memory_order_release, std::memory_order_relaxed));
        if ((v & sleepers) == 0) return;
        if ((next & died) != 0) futex::wake_all(*w_);
        else futex::wake(*w_);
    }

    /// Takes it from a member that has died; all sleepers are told.
    void bury(member_id dead) noexcept {
        std::uint32_t v = w_->load(std::memory_order_relaxed);
        while ((v & owner_mask) == dead)
            if (w_->compare_exchange_weak(v, (v & epoch) | died, std::memory_order_acq_rel)) {
                futex::wake_all(*w_);
                return;
            }
    }
    /// Makes everybody who sleeps, or is about to, look again.
    void kick() noexcept {
        w_->fetch_xor(epoch, std::memory_order_acq_rel);
        futex::wake_all(*w_);
    }

    member_id owner() const noexcept { return w_->load(std::memory_order_relaxed) & owner_mask; }
    bool owner_died() const noexcept { return (w_->load(std::memory_order_relaxed) & died) != 0; }
    futex::word& word() noexcept { return *w_; }

private:
    futex::word* w_;
};

/// Is where members sleep until something has changed: who waits listens, looks again, and sleeps on what it heard; who
/// changes something rings afterwards. Nothing is lost, and ringing while nobody listens is one load.
///   bit 0      somebody may sleep
///   the rest   counts the rings
class bell {
public:
    explicit bell(futex::word& w) noexcept : w_(&w) {}

    /// The value to sleep on. What is to be waited for has to be looked at once more afterwards.
    std::uint32_t listen() noexcept { return w_->fetch_or(1, std::memory_order_seq_cst) | 1; }
    /// Wakes one sleeper. What was changed was stored with seq_cst: pairs with `listen`, of the two one sees the other.
    void ring_one() noexcept {
        if ((w_->load(std::memory_order_seq_cst) & 1) != 0) [[unlikely]]
            ring_slow(false);
    }
    void ring_all() noexcept {
        if ((w_->load(std::memory_order_seq_cst) & 1) != 0) [[unlikely]]
            ring_slow(true);
    }
    futex::word& word() noexcept { return *w_; }

private:
    void ring_slow(bool all) noexcept {
        if (!all) {
            // the bit stays: more may sleep than one
            const std::uint32_t now = w_->fetch_add(2, std::memory_order_acq_rel) + 2;
            if (futex::wake(*w_) != 0) return;
            std::uint32_t v = now;
            if (!w_->compare_exchange_strong(v, (now + 2) & ~1U, std::memory_order_acq_rel)) return;
        } else {
            std::uint32_t v = w_->load(std::memory_order_relaxed);
            while (!w_->compare_exchange_weak(v, (v + 2) & ~1U, std::memory_order_acq_rel)) {
            }
        }
        // who came in between sleeps without the bit
        futex::wake_all(*w_);
    }
    futex::word* w_;
};

}  // namespace coil::process
