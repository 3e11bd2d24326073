// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/spin_lock.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace coil {

class worker;

/// Knows which workers of a pool sleep, whether one searches, and whether one of those asleep looks now and then whether
/// the others come round to what lies in their `next_slot`. At most one searches at a time, so that a burst of work
/// wakes a chain (whoever finds work wakes the next) instead of a herd; at most one watches, none while nothing lies there.
class idle {
public:
    // word_: searchers in the low half, sleepers in the high half. Sequentially consistent throughout: who pushes work
    // looks here after, who goes to sleep looks for work after it announced itself here; one of them sees the other.

    bool anyone() const noexcept { return word_.load(std::memory_order_seq_cst) != 0; }
    bool anyone_asleep() const noexcept { return word_.load(std::memory_order_seq_cst) >= one_sleeper; }
    /// The same for whoever has just written, with less than sequential consistency, what a sleeper looks at after its
    /// announcement: the write is ordered before this look.
    bool anyone_asleep_after_write() noexcept { return word_.fetch_or(0, std::memory_order_seq_cst) >= one_sleeper; }
    /// How many sleep. A sleeper that somebody has chosen does not.
    std::size_t asleep() const noexcept { return word_.load(std::memory_order_seq_cst) / one_sleeper; }
    bool anyone_searching() const noexcept { return (word_.load(std::memory_order_seq_cst) & searchers) != 0; }

    /// Becomes the searcher, if there is none.
    bool start_search() noexcept {
        std::uint32_t w = word_.load(std::memory_order_relaxed);
        while ((w & searchers) == 0)
            if (word_.compare_exchange_weak(w, w + 1, std::memory_order_seq_cst)) return true;
        return false;
    }
    void end_search() noexcept { word_.fetch_sub(1, std::memory_order_seq_cst); }

    bool watched() const noexcept { return watched_.load(std::memory_order_seq_cst); }
    /// Becomes the one who watches, if there is none; acquires what the one before has written.
    bool begin_watch() noexcept {
        return !watched_.load(std::memory_order_relaxed) && !watched_.exchange(true, std::memory_order_acquire);
    }
    /// Whoever ends it looks at the slots once more: who put something meanwhile has woken nobody.
    void end_watch() noexcept { watched_.store(false, std::memory_order_seq_cst); }

    /// Makes room for so many sleepers, so that announcing allocates nothing.
    void reserve(std::size_t workers) { asleep_.reserve(workers); }

    /// Announces a worker as asleep. It must look for work once more, and then either park or `withdraw`.
    void announce(worker& w, bool was_searching) noexcept;
    /// Takes the announcement back; false if somebody has woken the worker meanwhile: then it is the searcher.
    bool withdraw(worker& w) noexcept;
    /// Takes a sleeper out, as the searcher, if there is one and nobody searches.
    worker* choose() noexcept;
    /// Takes any sleeper out, without making it the searcher.
    worker* choose_any() noexcept;

private:
    static constexpr std::uint32_t searchers = 0xffff, one_sleeper = 0x10000;
    atomic_word<std::uint32_t> word_{0};
    atomic_word<bool> watched_{false};
    spin_lock lock_;
    std::vector<worker*> asleep_;
};

}  // namespace coil
