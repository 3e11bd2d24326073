// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace coil {

struct fork_slot;

/// Is the owner's end of a worker's deque: a stack of forked children that it alone pushes and takes, with plain loads
/// and stores. The older ones are published for thieves (the other end lies in `sched`), when somebody asks.
///
///     top <= ... public ... < split_ <= ... private ... < bottom_
///
/// Shape: a ring of `capacity`; what does not fit is handed to the injection queue, so a push never fails.
class lane {
public:
    static constexpr std::size_t capacity = 8192;

    lane(const lane&) = delete;
    lane& operator=(const lane&) = delete;

    void push(fork_slot& s) noexcept {
        const std::uint64_t at = bottom_;
        entry(at).store(&s, std::memory_order_relaxed);
        bottom_ = at + 1;
        if (at + 1 > limit_.load(std::memory_order_relaxed)) [[unlikely]]
            attend();
    }
    /// Takes `s` back if it is the youngest entry, private, and nobody is hungry: the case without a call.
    bool take_at_once(fork_slot& s) noexcept {
        if (bottom_ <= split_ || entry(bottom_ - 1).load(std::memory_order_relaxed) != &s ||
            limit_.load(std::memory_order_relaxed) == 0) [[unlikely]]
            return false;
        --bottom_;
        return true;
    }
    /// Takes `s` back if it is the youngest entry.
    bool take(fork_slot& s) noexcept {
        if (bottom_ > split_) [[likely]] {
            if (entry(bottom_ - 1).load(std::memory_order_relaxed) != &s) return false;
            --bottom_;
            if (limit_.load(std::memory_order_relaxed) == 0) [[unlikely]]
                attend();
            return true;
        }
        return take_public(s);
    }

protected:
    lane() noexcept = default;
    ~lane() = default;

    /// Somebody is hungry, or the ring is nearly full.
    virtual void attend() noexcept = 0;
    virtual bool take_public(fork_slot& s) noexcept = 0;

    atomic_word<fork_slot*>& entry(std::uint64_t i) noexcept { return ring_[i & (capacity - 1)]; }

    std::uint64_t bottom_ = 0;
    std::uint64_t split_ = 0;
    // The owner looks here after each push: past it, `attend`. Others write 0 to ask for work; the owner resets it.
    atomic_word<std::uint64_t> limit_{0};
    atomic_word<fork_slot*>* ring_ = nullptr;
};

}  // namespace coil
