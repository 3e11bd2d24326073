// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/slab_pool.hpp>

#include <coil/runtime/base/spin_lock.hpp>

#include <bit>
#include <mutex>
#include <new>

namespace coil::frames::slab_pool {

namespace {

constexpr std::uint64_t all_slabs = ~std::uint64_t{0};
constexpr std::size_t kept = (std::size_t{32} << 20) / slab_bytes;  // dirty slabs that wait for a class
constexpr std::size_t excess = slabs_per_block;                     // beyond that, before any go back

struct block_list {
    slab_block* front = nullptr;
    slab_block* back = nullptr;

    void push(slab_block& b) noexcept {
        b.previous = nullptr;
        b.next = front;
        (front ? front->previous : back) = &b;
        front = &b;
    }
    void remove(slab_block& b) noexcept {
        (b.previous ? b.previous->next : front) = b.next;
        (b.next ? b.next->previous : back) = b.previous;
    }
};

// Blocks with empty slabs: those where some take memory, and those where none does. Blocks without are in no list.
constinit spin_lock the_lock;
constinit block_list warm;
constinit block_list cold;
constinit std::size_t dirty = 0;   // slabs

block_list* list_of(const slab_block& b) noexcept {
    if (b.dirty != 0) return &warm;
    return b.empty != 0 ? &cold : nullptr;
}

// Under the lock, as all that changes a block.
void change(slab_block& b, std::uint64_t empty_now, std::uint64_t dirty_now) noexcept {
    block_list* const before = list_of(b);
    dirty += static_cast<std::size_t>(std::popcount(dirty_now));
    dirty -= static_cast<std::size_t>(std::popcount(b.dirty));
    b.empty = empty_now;
    b.dirty = dirty_now;
    block_list* const after = list_of(b);
    if (before == after) return;
    if (before) before->remove(b);
    if (after) after->push(b);
}

slab* take_listed() noexcept {
    std::scoped_lock guard(the_lock);
    slab_block* const b = warm.front ? warm.front : cold.front;
    if (!b) return nullptr;
    const int n = std::countr_zero(b->dirty ? b->dirty : b->empty);
    const std::uint64_t bit = std::uint64_t{1} << n;
    change(*b, b->empty & ~bit, b->dirty & ~bit);
    return &b->slabs[n];
}

void add_block() {
    void* const memory = pages::map();
    if (!memory) throw std::bad_alloc();
    auto* const b = new (memory) slab_block;
    std::scoped_lock guard(the_lock);
    change(*b, all_slabs, 0);
}

// Gives back a block, or of the one that has waited longest what takes memory. Meanwhile nobody can take those slabs.
void let_go() noexcept {
    slab_block* b = nullptr;
    std::uint64_t parts = 0;
    {
        std::scoped_lock guard(the_lock);
        if (dirty <= kept) return;
        b = warm.back;
        if (b->empty != all_slabs) parts = b->dirty;
        change(*b, b->empty & ~(parts ? parts : all_slabs), 0);
    }
    if (!parts) return pages::unmap(b);
    for (std::uint64_t left = parts; left != 0;) {
        const int first = std::countr_zero(left);
        const int count = std::countr_one(left >> first);
        std::byte* const begin = first == 0 ? begin_of(b->slabs[0]) : end_of(b->slabs[first - 1]);
        pages::forget(begin, static_cast<std::size_t>(end_of(b->slabs[first + count - 1]) - begin));
        left &= first + count == 64 ? 0 : all_slabs << (first + count);
    }
    std::scoped_lock guard(the_lock);
    change(*b, b->empty | parts, b->dirty);
}

}  // namespace

slab& take() {
    for (;;) {
        if (slab* s = take_listed()) return *s;
        add_block();
    }
}

void put(slab& s) noexcept {
    slab_block& b = block_of(&s);
    const std::uint64_t bit = std::uint64_t{1} << number_of(s);
    bool too_many = false;
    {
        std::scoped_lock guard(the_lock);
        change(b, b.empty | bit, b.dirty | bit);
        too_many = dirty > kept + excess;
    }
    // each turn ends one block's part of what is too many
    for (std::size_t i = 0; too_many && i != excess; ++i) {
        let_go();
        std::scoped_lock guard(the_lock);
        too_many = dirty > kept;
    }
}

void lock() noexcept {
    the_lock.lock();
}
void unlock() noexcept {
    the_lock.unlock();
}

}  // namespace coil::frames::slab_pool
