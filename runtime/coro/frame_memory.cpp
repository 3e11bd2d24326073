// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/frame_memory.hpp>

#include <coil/runtime/base/spin_lock.hpp>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <utility>
#include <vector>

#ifdef COIL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace coil::frames {

namespace {

#ifdef COIL_ASAN

// Held back, oldest reused first: a frame touched after its end is found poisoned for as long as possible.
// The pointers lie beside the frames, not in them: the leak checker does not look into poisoned memory.
struct held_frames {
    std::vector<void*> ring[frame_classes];
    std::size_t oldest[frame_classes] = {};
    static constexpr std::size_t hold = 256;

    ~held_frames() {
        for (std::size_t i = 0; i < frame_classes; ++i)
            for (void* p : ring[i])
                if (p) release(p, frame_class_bytes(i));
        gone = true;
    }
    static void release(void* p, std::size_t size) noexcept {
        ASAN_UNPOISON_MEMORY_REGION(p, size);
        ::operator delete(p);
    }
    static thread_local bool gone;
};
thread_local bool held_frames::gone = false;
thread_local held_frames held;

#else

// The first words of a frame that leads a batch in the exchange.
struct batch {
    void* next_frame;
    batch* next_batch;
    std::size_t count;
};
static_assert(sizeof(batch) <= frame_class_bytes(1));

constexpr std::size_t cache_bytes = 64 * 1024;       // per thread and class
constexpr std::size_t exchange_bytes = 32 * 1024 * 1024;  // in the exchange, all classes together

struct exchange_class {
    spin_lock lock;
    batch* top = nullptr;
};

struct frame_exchange {
    exchange_class classes[frame_classes];
    std::atomic<std::size_t> bytes{0};
};
// never destroyed: frames may be freed by threads that outlive main
frame_exchange& the_exchange() noexcept {
    alignas(frame_exchange) static unsigned char storage[sizeof(frame_exchange)];
    static frame_exchange* const it = new (storage) frame_exchange;
    return *it;
}

std::int32_t room_for(std::size_t index) noexcept {
    return static_cast<std::int32_t>(std::clamp<std::size_t>(cache_bytes / frame_class_bytes(index), 16, 1024));
}

// valgrind's memory checkers see nothing in recycled memory; callgrind and others keep the lists.
bool under_memory_checker() noexcept {
    static const bool yes = [] {
        const char* preload = std::getenv("LD_PRELOAD");
        return preload && (std::strstr(preload, "vgpreload_memcheck") || std::strstr(preload, "vgpreload_helgrind") ||
                           std::strstr(preload, "vgpreload_drd"));
    }();
    return yes;
}

void give(std::size_t index, void* first, std::size_t count) noexcept {
    frame_exchange& x = the_exchange();
    const std::size_t bytes = count * frame_class_bytes(index);
    if (x.bytes.fetch_add(bytes, std::memory_order_relaxed) + bytes > exchange_bytes) {
        x.bytes.fetch_sub(bytes, std::memory_order_relaxed);
        while (first) ::operator delete(std::exchange(first, *static_cast<void**>(first)));
        return;
    }
    auto* b = static_cast<batch*>(first);  // next_frame is already the link
    b->count = count;
    std::scoped_lock guard(x.classes[index].lock);
    b->next_batch = x.classes[index].top;
    x.classes[index].top = b;
}

batch* take(std::size_t index) noexcept {
    frame_exchange& x = the_exchange();
    std::scoped_lock guard(x.classes[index].lock);
    batch* b = x.classes[index].top;
    if (b) {
        x.classes[index].top = b->next_batch;
        x.bytes.fetch_sub(b->count * frame_class_bytes(index), std::memory_order_relaxed);
    }
    return b;
}

// A thread that is not coil's gives its frames back through this destructor; constructed on the first slow call.
struct flush_at_exit {
    flush_at_exit() noexcept {
        if (under_memory_checker()) return;
        for (std::size_t i = 1; i < frame_classes; ++i) this_thread.frames[i].room = room_for(i);
    }
    ~flush_at_exit() {
        flush();
        for (frame_list& list : this_thread.frames) list.room = 0;  // a later free goes straight back
    }
    void touch() const noexcept {}
};
thread_local flush_at_exit at_exit;
thread_local bool exiting = false;

#endif

}  // namespace

#ifdef COIL_ASAN

void* allocate_slow(std::size_t size) {
    const std::size_t index = frame_class(size);
    if (index >= frame_classes || held_frames::gone) return ::operator new(size);
    auto& ring = held.ring[index];
    std::size_t& oldest = held.oldest[index];
    if (ring.size() == held_frames::hold && ring[oldest]) {
        void* p = std::exchange(ring[oldest], nullptr);
        ASAN_UNPOISON_MEMORY_REGION(p, frame_class_bytes(index));
        return p;
    }
    return ::operator new(frame_class_bytes(index));
}

void free_slow(void* frame, std::size_t size) noexcept {
    const std::size_t index = frame_class(size);
    if (index >= frame_classes || held_frames::gone) return ::operator delete(frame);
    ASAN_POISON_MEMORY_REGION(frame, frame_class_bytes(index));
    auto& ring = held.ring[index];
    std::size_t& oldest = held.oldest[index];
    if (ring.size() < held_frames::hold) {
        try {
            ring.push_back(frame);
        } catch (const std::bad_alloc&) {
            held_frames::release(frame, frame_class_bytes(index));
        }
        return;
    }
    if (void* old = std::exchange(ring[oldest], frame)) held_frames::release(old, frame_class_bytes(index));
    oldest = (oldest + 1) % held_frames::hold;
}

void flush() noexcept {}

#else

void* allocate_slow(std::size_t size) {
    const std::size_t index = frame_class(size);
    if (index >= frame_classes || exiting) return ::operator new(size);
    at_exit.touch();
    if (!under_memory_checker()) {
        if (batch* b = take(index)) {
            frame_list& list = this_thread.frames[index];
            list.head = b->next_frame;
            list.room -= static_cast<std::int32_t>(b->count - 1);
            return b;
        }
    }
    return ::operator new(frame_class_bytes(index));
}

void free_slow(void* frame, std::size_t size) noexcept {
    const std::size_t index = frame_class(size);
    if (index >= frame_classes || exiting || under_memory_checker()) return ::operator delete(frame);
    at_exit.touch();
    frame_list& list = this_thread.frames[index];
    if (list.room <= 0) {
        // half of the list stays for this thread, half goes to whoever allocates
        const std::int32_t half = room_for(index) / 2;
        void* first = list.head;
        void* last = first;
        std::int32_t count = 0;
        for (; last && count + 1 < half && *static_cast<void**>(last); ++count) last = *static_cast<void**>(last);
        if (last) {
            list.head = *static_cast<void**>(last);
            *static_cast<void**>(last) = nullptr;
            ++count;
            list.room += count;
            give(index, first, static_cast<std::size_t>(count));
        }
    }
    *static_cast<void**>(frame) = list.head;
    list.head = frame;
    --list.room;
}

void flush() noexcept {
    exiting = true;
    for (std::size_t i = 1; i < frame_classes; ++i) {
        frame_list& list = this_thread.frames[i];
        list.room = 0;
        void* first = std::exchange(list.head, nullptr);
        if (!first) continue;
        std::size_t count = 0;
        for (void* p = first; p; p = *static_cast<void**>(p)) ++count;
        give(i, first, count);
    }
}

#endif

}  // namespace coil::frames
