// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/later_timers.hpp>

#include <new>
#include <utility>

namespace coil {

bool later_timers::draw_near(std::int64_t middle, std::int64_t last) noexcept {
    // the lists were chosen by the digits of the reach from the lowest occupied level up: those stay
    const std::uint64_t lowest = std::max(key_of(middle), reach_ & ~below(lowest_level()));
    const std::uint64_t highest = key_of(last);
    if (highest <= lowest) return false;
    // as wide as it can be: the end of the list that `lowest` would lie in, seen from `highest`
    reach_ = lowest | below(level_of(lowest ^ highest));
    return true;
}

bool later_timers::grow(std::size_t timers) noexcept {
    const std::size_t blocks = (timers + per_block - 1) / per_block + spare;
    if (blocks * per_block >= mark) return false;
    try {
        while (slabs_.size() * slab::blocks < blocks)
            slabs_.push_back(std::unique_ptr<slab>(new slab));
    } catch (const std::bad_alloc&) {
        return false;
    }
    return true;
}

std::uint32_t later_timers::take_block() noexcept {
    if (free_ == none) return fresh_++;
    return std::exchange(free_, next(free_));
}

void later_timers::drop_block(std::uint32_t block) noexcept {
    next(block) = std::exchange(free_, block);
}

void later_timers::add(entry e) noexcept {
    const std::uint64_t key = key_of(e.deadline);
    const unsigned level = level_of(key ^ reach_);
    const std::uint64_t digit = key >> level * digit_bits & below(1);
    const std::size_t index = level << digit_bits | digit;
    list& l = lists_[index];
    const std::uint32_t in_block = l.count % per_block;
    if (in_block == 0) {
        const std::uint32_t b = take_block();
        next(b) = std::exchange(l.block, b);
        list_of(b) = static_cast<std::uint16_t>(index);
        occupied_[level] |= std::uint64_t{1} << digit;
    }
    const std::uint32_t spot = l.block * per_block + in_block;
    at(spot) = e;
    e.owner.key().set_slot(mark | spot);
    ++l.count;
    ++size_;
}

void later_timers::remove(std::uint32_t slot) noexcept {
    const std::uint32_t spot = slot & ~mark;
    const std::size_t index = list_of(spot / per_block);
    list& l = lists_[index];
    --size_;
    --l.count;
    at(spot).leave();
    const entry last = at(l.block * per_block + l.count % per_block);
    if (at(spot).owner != last.owner) {
        at(spot) = last;
        last.owner.key().set_slot(slot);
    }
    if (l.count % per_block == 0) drop_block(std::exchange(l.block, next(l.block)));
    if (l.count == 0) close(index);
}

void later_timers::close(std::size_t index) noexcept {
    occupied_[index >> digit_bits] &= ~(std::uint64_t{1} << (index & below(1)));
}

// Hands the newest block of a list over and drops it. Its owners lie anywhere in memory: those of the next block are on
// their way meanwhile.
template <class F>
void later_timers::take_newest(list& from, F&& each) noexcept {
    const std::uint32_t b = from.block;
    const std::uint32_t in_block = (from.count - 1) % per_block + 1;
    from.block = next(b);
    from.count -= in_block;
    size_ -= in_block;
    if (from.count != 0)
        for (const entry *e = &at(from.block * per_block), *end = e + per_block; e != end; ++e)
            __builtin_prefetch(&e->owner.key(), 1);
    for (const entry *e = &at(b * per_block), *end = e + in_block; e != end; ++e)
        each(*e);
    drop_block(b);
}

// The list is on its own: its level and those below hold nothing that is earlier.
void later_timers::deal(list from) noexcept {
    const std::uint64_t first = key_of(at(from.block * per_block).deadline);
    std::uint64_t differing = 0;
    std::uint32_t in_block = (from.count - 1) % per_block + 1;
    for (std::uint32_t b = from.block, left = from.count; left != 0;
         b = next(b), left -= in_block, in_block = per_block)
        for (std::uint32_t i = 0; i != in_block; ++i)
            differing |= key_of(at(b * per_block + i).deadline) ^ first;
    // to the first level at which they differ, however close they lie together
    reach_ = first & ~below(level_of(differing) + 1);
    while (from.count != 0)
        take_newest(from, [this](const entry& e) { add(e); });
}

void later_timers::open_next(std::vector<entry>& heap, std::size_t most) noexcept {
    for (;;) {
        const unsigned level = lowest_level();
        const auto digit = static_cast<unsigned>(std::countr_zero(occupied_[level]));
        const std::size_t index = level << digit_bits | digit;
        list& l = lists_[index];
        if (l.count > most && level != 0) {
            close(index);
            deal(std::exchange(l, {}));
            continue;
        }
        reach_ = (reach_ & ~below(level + 1)) | std::uint64_t{digit} << level * digit_bits | below(level);
        // at level 0 all have one deadline: what is more than enough may stay
        while (l.count != 0 && heap.size() < most)
            take_newest(l, [&heap](const entry& e) { heap.push_back(e); });
        if (l.count == 0) close(index);
        return;
    }
}

}  // namespace coil
