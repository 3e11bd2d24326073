// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/coro/lane.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace coil {

/// Is who shares out work: it tells how many look for some, and takes what a full deque cannot hold.
class work_market {
public:
    virtual bool anyone_idle() noexcept = 0;
    /// Work was published: wakes one sleeper if nobody searches. Returns true while sleepers are left without a searcher.
    virtual bool published() noexcept = 0;
    virtual void overflow(fork_slot& s) noexcept = 0;
    /// True if there are thieves at all: then the oldest entry is public even while nobody asks, so that a worker that
    /// becomes idle in the middle of the owner's long piece finds something.
    virtual bool has_thieves() noexcept { return false; }

protected:
    ~work_market() = default;
};

/// Is a worker's deque of forked children: the owner's private end (`lane`), and the published part that thieves take
/// from the oldest end on.
/// Threads: push, take and pop by the owner; steal and ask by any.
/// Cost: nothing atomic on the private part; one sequentially consistent exchange to take the last published one back.
/// Source: Chase and Lev 2005 for the published part, with the private part of the split deques after Dinan et al. 2009.
class alignas(128) deque final : public lane {
public:
    explicit deque(work_market& m);

    /// Takes the youngest entry. Owner only.
    fork_slot* pop() noexcept;
    /// Takes the oldest published entry, or asks the owner to publish and returns null.
    fork_slot* steal() noexcept;
    /// Asks the owner to publish when it next pushes or takes.
    void ask() noexcept { limit_.store(0, std::memory_order_relaxed); }
    /// True if a thief would find something.
    bool has_published() const noexcept {
        return top_.load(std::memory_order_seq_cst) < published_.load(std::memory_order_seq_cst);
    }
    /// Publishes everything: before the owner stays away for long.
    void publish_all() noexcept;

private:
    void attend() noexcept override;
    bool take_public(fork_slot& s) noexcept override;
    fork_slot* pop_public() noexcept;
    void publish(std::uint64_t split) noexcept;

    work_market& market_;
    std::unique_ptr<atomic_word<fork_slot*>[]> entries_;
    // thieves: [top_, published_) is theirs; both only grow, but for the owner taking back its last
    alignas(128) atomic_word<std::uint64_t> top_{1};
    atomic_word<std::uint64_t> published_{1};
};

}  // namespace coil
