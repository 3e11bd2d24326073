// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>

#include <atomic>
#include <cstdint>

namespace coil::process {

/// Learns how much longer one looks on who found a line empty, or full, and now does not. Where the other side is at work
/// all the time, the two cores would take the same memory from each other at every message; for some more of them it is
/// done once. Where it says one thing and waits for the answer, that would be delay alone. So it is tried now and then, and
/// kept up as long as more than one message comes of it.
/// The word lies in shared memory, and is whole as zero. It decides nothing but time: who overwrites another's lesson does
/// no harm, and any value is a good one.
///   bits 0-7    pauses of this time; 0: none
///   bits 8-15   the next number of times without, as a power of two
///   the rest    times without that are left
class burst {
public:
    static constexpr unsigned few = 16, most = 240, rarest = 12;
    explicit burst(std::atomic<std::uint32_t>& word) noexcept : word_(&word) {}

    /// Called when the spinning has ended well; `count()` says how many messages there are, or places.
    template <class F>
    void wait(F&& count) noexcept {
        const std::uint32_t v = word_->load(std::memory_order_relaxed);
        unsigned pauses = v & 0xff;
        if (pauses == 0 && v >> 16 != 0) return word_->store(v - (1U << 16), std::memory_order_relaxed);
        if (pauses == 0) pauses = few;
        for (unsigned i = 0; i != pauses; ++i) relax();
        word_->store(lesson(v, pauses, count()), std::memory_order_relaxed);
    }

    /// What the word becomes when that many pauses have brought so many messages.
    static constexpr std::uint32_t lesson(std::uint32_t v, unsigned pauses, std::uint64_t came) noexcept {
        if (came < 3) {
            const unsigned power = (v >> 8 & 0xff) < rarest ? (v >> 8 & 0xff) + 1 : rarest;
            return 1U << power << 16 | power << 8;
        }
        if (came < 32) return pauses < most / 2 ? 2 * pauses : most;
        return came > 128 && pauses > few ? pauses / 2 : pauses;
    }

private:
    std::atomic<std::uint32_t>* word_;
};

}  // namespace coil::process
