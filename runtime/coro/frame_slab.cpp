// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/frame_slab.hpp>

#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/slab_pool.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <pthread.h>
#include <cstdint>
#include <mutex>
#include <new>

namespace coil::frames {

namespace {

constexpr std::size_t enough = 32;     // frames that are worth a lock
constexpr std::size_t at_a_time = 64;  // frames that come home under one hold of a lock

// The slabs of one class that have something to give. A slab without is in no list: the next frame that comes home
// finds it by its address.
struct alignas(64) class_slabs {
    spin_lock lock;
    slab* front = nullptr;

    void link(slab& s) noexcept {
        s.listed = true;
        s.previous = nullptr;
        s.next = front;
        if (front) front->previous = &s;
        front = &s;
    }
    void unlink(slab& s) noexcept {
        s.listed = false;
        if (s.next) s.next->previous = s.previous;
        if (s.previous) s.previous->next = s.next;
        else front = s.next;
    }
    // Everything of a slab is at home: it may serve any class.
    void hand_over(slab& s, slab*& empty) noexcept {
        if (s.listed) unlink(s);
        s.next = empty;
        empty = &s;
    }
};
constinit class_slabs slabs[memory_classes];

void lock_all() noexcept {
    for (class_slabs& c : slabs)
        c.lock.lock();
    slab_pool::lock();
}
void unlock_all() noexcept {
    slab_pool::unlock();
    for (class_slabs& c : slabs)
        c.lock.unlock();
}

std::uint16_t capacity(const slab& s, std::size_t index) noexcept {
    return static_cast<std::uint16_t>(static_cast<std::size_t>(end_of(s) - begin_of(s)) / frame_class_bytes(index));
}

supply fresh_of(slab& s, std::size_t index) noexcept {
    const std::uint16_t all = capacity(s, index);
    const std::size_t bytes = frame_class_bytes(index);
    supply got;
    got.run = begin_of(s) + s.begun * bytes;
    got.run_end = begin_of(s) + all * bytes;
    s.out = static_cast<std::uint16_t>(s.out + all - s.begun);
    s.begun = all;
    return got;
}

// Dead frames before fresh ones: they are in memory, and perhaps in the cache.
supply from_listed(std::size_t index) noexcept {
    class_slabs& c = slabs[index];
    std::scoped_lock guard(c.lock);
    supply got;
    void* last = nullptr;
    for (slab* s = c.front; s && got.count < enough;) {
        slab* const next = s->next;
        if (s->home) {
            if (last) *static_cast<void**>(last) = s->home;
            else got.list = s->home;
            last = s->home_last;
            got.count += s->home_count;
            s->out = static_cast<std::uint16_t>(s->out + s->home_count);
            s->home = nullptr;
            s->home_count = 0;
        }
        const bool more = s->begun != capacity(*s, index);
        if (!more || !got.list) c.unlink(*s);
        if (more && !got.list) return fresh_of(*s, index);
        s = next;
    }
    return got;
}

}  // namespace

supply obtain(std::size_t index) {
    if (const supply got = from_listed(index); got.list || got.run) return got;
    // a child must not find a lock held by a thread that it does not have
    [[maybe_unused]] static const int once = ::pthread_atfork(&lock_all, &unlock_all, &unlock_all);
    slab& s = slab_pool::take();
    s = slab();
    return fresh_of(s, index);
}

void give(std::size_t index, void* first) noexcept {
    class_slabs& c = slabs[index];
    while (first) {
        slab* empty = nullptr;
        {
            std::scoped_lock guard(c.lock);
            for (std::size_t i = 0; first && i != at_a_time; ++i) {
                void* const frame = first;
                first = *static_cast<void**>(frame);
                slab& s = slab_of(frame);
                *static_cast<void**>(frame) = s.home;
                if (!s.home) s.home_last = frame;
                s.home = frame;
                ++s.home_count;
                if (--s.out == 0) c.hand_over(s, empty);
                else if (!s.listed) c.link(s);
            }
        }
        while (empty) {
            slab& s = *empty;
            empty = s.next;
            slab_pool::put(s);
        }
    }
}

void give_run(std::size_t index, std::byte* run, std::byte* run_end) noexcept {
    if (run == run_end) return;
    slab& s = slab_of(run);
    class_slabs& c = slabs[index];
    slab* empty = nullptr;
    {
        std::scoped_lock guard(c.lock);
        const std::size_t count = static_cast<std::size_t>(run_end - run) / frame_class_bytes(index);
        s.begun = static_cast<std::uint16_t>(s.begun - count);
        s.out = static_cast<std::uint16_t>(s.out - count);
        if (s.out == 0) c.hand_over(s, empty);
        else if (!s.listed) c.link(s);
    }
    if (empty) slab_pool::put(*empty);
}

}  // namespace coil::frames
