// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/sched/timer_queue.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace coil {

/// Keeps the timers of a queue that are later than its heap reaches, unsorted, in lists that are the wider the farther
/// away they lie. A deadline is a number of eleven digits of six bits; a timer lies in the list of the highest digit in
/// which it differs from the reach, and of its own digit there. So the list of the lowest level and digit comes next,
/// and the lists of its level and above keep their meaning while the reach moves inside the levels below.
/// Threads: one at a time. Cost: 16 bytes per timer in blocks that are used again; adding and removing are constant
/// time, and a timer is dealt to lower levels ten times at most, mostly once or twice.
class later_timers {
public:
    using entry = timer_queue::entry;

    /// Marks a slot that counts entries here, not places in the heap.
    static constexpr std::uint32_t mark = 0x8000'0000;

    bool empty() const noexcept { return size_ == 0; }
    std::size_t size() const noexcept { return size_; }

    /// Says whether a deadline belongs here; those up to the reach belong to the heap.
    bool beyond_reach(std::int64_t deadline) const noexcept { return key_of(deadline) > reach_; }
    /// While it is empty: the heap takes everything.
    void reach_all() noexcept { reach_ = ~std::uint64_t{0}; }
    /// Draws the reach nearer: not below `middle`, but below `last`. False if nothing lies between them that the lists
    /// allow; else the caller brings what is beyond.
    bool draw_near(std::int64_t middle, std::int64_t last) noexcept;

    /// Makes sure of memory for so many timers wherever they are dealt to. False if there is none.
    bool make_room(std::size_t timers) noexcept {
        return (timers + per_block - 1) / per_block + spare <= slabs_.size() * slab::blocks || grow(timers);
    }
    /// Adds what is beyond the reach. Room has been made.
    void add(entry e) noexcept;
    void remove(std::uint32_t slot) noexcept;
    /// Moves the earliest list into the empty heap, and the reach with it; one of more than `most` timers is dealt out
    /// first, and if they all have one deadline, enough is taken. The caller gives the owners their slots.
    void open_next(std::vector<entry>& heap, std::size_t most) noexcept;

private:
    static constexpr unsigned digit_bits = 6;
    static constexpr unsigned levels = 11;
    static constexpr std::uint32_t per_block = 16;
    static constexpr std::size_t lists = std::size_t{levels} << digit_bits;
    static constexpr std::size_t spare = lists + 1;  // each list may have begun a block, and one is being dealt

    struct list {
        std::uint32_t block = 0;  // the newest, the only one that may not be full
        std::uint32_t count = 0;
    };
    struct alignas(64) slab {
        static constexpr std::uint32_t blocks = 256;
        std::array<entry, std::size_t{blocks} * per_block> entries;
        std::array<std::uint32_t, blocks> next;
        std::array<std::uint16_t, blocks> in_list;
    };

    static std::uint64_t key_of(std::int64_t deadline) noexcept {
        return static_cast<std::uint64_t>(deadline) ^ std::uint64_t{1} << 63;
    }
    static unsigned level_of(std::uint64_t difference) noexcept {
        return (static_cast<unsigned>(std::bit_width(difference | 1)) - 1) / digit_bits;
    }
    // All bits of the levels below.
    static std::uint64_t below(unsigned level) noexcept {
        return level == levels ? ~std::uint64_t{0} : (std::uint64_t{1} << level * digit_bits) - 1;
    }
    unsigned lowest_level() const noexcept {
        unsigned level = 0;
        while (level != levels && occupied_[level] == 0)
            ++level;
        return level;
    }

    entry& at(std::uint32_t spot) noexcept {
        return slabs_[spot / (slab::blocks * per_block)]->entries[spot % (slab::blocks * per_block)];
    }
    std::uint32_t& next(std::uint32_t block) noexcept {
        return slabs_[block / slab::blocks]->next[block % slab::blocks];
    }
    std::uint16_t& list_of(std::uint32_t block) noexcept {
        return slabs_[block / slab::blocks]->in_list[block % slab::blocks];
    }
    bool grow(std::size_t timers) noexcept;
    std::uint32_t take_block() noexcept;
    void drop_block(std::uint32_t block) noexcept;
    void close(std::size_t index) noexcept;
    template <class F>
    void take_newest(list& from, F&& each) noexcept;
    void deal(list from) noexcept;

    std::uint64_t reach_ = ~std::uint64_t{0};
    std::size_t size_ = 0;
    std::array<std::uint64_t, levels> occupied_{};  // a bit per list that is not empty
    std::array<list, lists> lists_{};
    std::vector<std::unique_ptr<slab>> slabs_;
    std::uint32_t free_ = none;  // blocks that were used
    std::uint32_t fresh_ = 0;    // those from here on never were: their memory is untouched
    static constexpr std::uint32_t none = 0xffff'ffff;
};

}  // namespace coil
