// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/timer_queue.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/sched/later_timers.hpp>

#include <algorithm>
#include <mutex>
#include <new>
#include <utility>

namespace coil {

namespace {

// Owners lie anywhere in memory: on its way are its slot, to be written at once, and, for it fires soon, what it ends,
// of which a timer is mostly the last base.
void fetch(timer_ref t) noexcept {
    __builtin_prefetch(&t.key(), 1);
    __builtin_prefetch(reinterpret_cast<const char*>(&t.key()) - 56, 1);
}

}  // namespace

timer_queue::timer_queue() = default;
timer_queue::~timer_queue() = default;

void timer_queue::rise(std::size_t i, entry e) noexcept {
    while (i != 0) {
        const std::size_t parent = (i - 1) / ways;
        if (heap_[parent].deadline <= e.deadline) break;
        place_at(i, heap_[parent]);
        i = parent;
    }
    place_at(i, e);
}

void timer_queue::sink(std::size_t i, entry e) noexcept {
    const std::size_t count = heap_.size();
    for (;;) {
        const std::size_t first = i * ways + 1;
        if (first >= count) break;
        const std::size_t last = std::min(first + ways, count);
        std::size_t least = first;
        for (std::size_t c = first + 1; c != last; ++c)
            if (heap_[c].deadline < heap_[least].deadline) least = c;
        if (heap_[least].deadline >= e.deadline) break;
        place_at(i, heap_[least]);
        i = least;
    }
    place_at(i, e);
}

void timer_queue::remove_at(std::size_t i) noexcept {
    heap_[i].leave();
    const entry moved = heap_.back();
    heap_.pop_back();
    if (heap_limit_ > most_near && heap_.size() < heap_limit_ / 4) heap_limit_ = std::max(most_near, heap_limit_ / 2);
    if (i == heap_.size()) {
        if (i == 0) refill();
        return;
    }
    if (i != 0 && heap_[(i - 1) / ways].deadline > moved.deadline) rise(i, moved);
    else sink(i, moved);
}

// Floyd's; the leaves "sink" to learn their slots.
void timer_queue::rebuild() noexcept {
    for (std::size_t i = heap_.size(); i-- != 0;)
        sink(i, heap_[i]);
}

void timer_queue::refill() noexcept {
    if (!later_ || later_->empty()) return;
    later_->open_next(heap_, most_near);
    for (const entry& e : heap_)
        fetch(e.owner);
    rebuild();
}

// The heap has become too large: the later half goes, and more of it where a few lie far away from the others. What
// cannot be parted (one deadline, or all overdue) stays, and the limit doubles, so that trying costs little.
void timer_queue::spill() noexcept {
    const auto earlier = [](const entry& a, const entry& b) { return a.deadline < b.deadline; };
    const auto last = [&](auto from) { return std::max_element(from, heap_.end(), earlier)->deadline; };
    const std::int64_t first = heap_.front().deadline;
    if (last(heap_.begin()) != first && prepare_later()) {
        while (heap_.size() > most_near / 2) {
            const auto middle = heap_.begin() + static_cast<std::ptrdiff_t>(heap_.size() / 2);
            std::nth_element(heap_.begin(), middle, heap_.end(), earlier);
            const std::int64_t end = last(middle);
            // the second: where the later half has one deadline, it goes as a whole
            if (!later_->draw_near(middle->deadline, end) && !later_->draw_near(first, end)) break;
            const auto beyond = std::partition(heap_.begin(), heap_.end(),
                                               [this](const entry& e) { return !later_->beyond_reach(e.deadline); });
            for (auto e = beyond; e != heap_.end(); ++e)
                later_->add(*e);
            heap_.erase(beyond, heap_.end());
        }
        rebuild();
    }
    heap_limit_ = std::max(most_near, 2 * heap_.size());
}

// Memory for what is to come, so that neither disarming nor firing needs any. False if there is none.
bool timer_queue::prepare_later() noexcept {
    try {
        heap_.reserve(2 * most_near);
        if (!later_) later_ = std::make_unique<later_timers>();
    } catch (const std::bad_alloc&) {
        return false;
    }
    return later_->make_room(later_->size() + heap_.size());
}

// True if the timer waits among the later ones.
bool timer_queue::put_off(entry e) noexcept {
    if (!later_->beyond_reach(e.deadline)) return false;
    if (later_->empty() && heap_.size() <= most_near / 2) {
        later_->reach_all();  // few are left: the heap alone again
        return false;
    }
    if (!later_->make_room(later_->size() + 1)) broken("out of memory for another timer");
    later_->add(e);
    return true;
}

bool timer_queue::arm(timer_ref t) noexcept {
    std::scoped_lock guard(lock_);
    const entry e{std::max(t.key().deadline.time_since_epoch().count(), timer_key::first_deadline), t};
    if (later_ && put_off(e)) return false;
    try {
        heap_.push_back({});
    } catch (const std::bad_alloc&) {
        broken("out of memory for another timer");
    }
    rise(heap_.size() - 1, e);
    const bool is_earliest = t.key().slot() == 0;
    if (heap_.size() > heap_limit_) [[unlikely]]
        spill();
    if (is_earliest) note_earliest();
    return is_earliest;
}

bool timer_queue::disarm(timer_ref t) noexcept {
    for (;;) {
        {
            std::scoped_lock guard(lock_);
            if (t.key().has_slot()) {
                const std::uint32_t slot = t.key().slot();
                if (slot & later_timers::mark) {
                    later_->remove(slot);
                    return true;
                }
                const bool was_earliest = slot == 0;
                remove_at(slot);
                if (was_earliest) note_earliest();
                return true;
            }
            const firing* f = firings_;
            while (f && f->what != t)
                f = f->next;
            if (!f || f->by == std::this_thread::get_id()) return false;
        }
        std::this_thread::yield();  // its `fire` is under way on the executor's thread: a few instructions
    }
}

void timer_queue::unlink(const firing& f) noexcept {
    firing** at = &firings_;
    while (*at != &f)
        at = &(*at)->next;
    *at = f.next;
}

std::size_t timer_queue::fire_due(time_point now) noexcept {
    if (earliest() > now) return 0;
    const std::int64_t limit = now.time_since_epoch().count();
    firing mine{{}, std::this_thread::get_id(), nullptr};
    for (std::size_t count = 0;; ++count) {
        {
            std::scoped_lock guard(lock_);
            if (count == 0) mine.next = std::exchange(firings_, &mine);
            mine.what = {};
            if (!heap_.empty() && heap_.front().deadline <= limit) {
                mine.what = heap_.front().owner;
                remove_at(0);
            }
            note_earliest();
            if (!mine.what) {
                unlink(mine);
                return count;
            }
        }
        mine.what.fire();  // from here on the timer may be gone
    }
}

std::size_t timer_queue::size() const noexcept {
    std::scoped_lock guard(lock_);
    return heap_.size() + (later_ ? later_->size() : 0);
}

}  // namespace coil
