// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/frame_memory.hpp>

#include <coil/runtime/coro/frame_slab.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
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
    std::vector<void*> ring[memory_classes];
    std::size_t oldest[memory_classes] = {};
    static constexpr std::size_t hold = 256;

    ~held_frames() {
        for (std::size_t i = 0; i < memory_classes; ++i)
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

constexpr std::size_t cache_bytes = 128 * 1024;  // per thread and class

std::int32_t cap_of(std::size_t index) noexcept {
    return static_cast<std::int32_t>(std::clamp<std::size_t>(cache_bytes / frame_class_bytes(index), 32, 512));
}

// What is left of the fresh memory of a thread, by class.
struct fresh_run {
    std::byte* begin;
    std::byte* end;
};
constinit thread_local fresh_run runs[memory_classes] = {};
constinit thread_local bool exiting = false;

// valgrind's memory checkers see nothing in recycled memory; callgrind and others keep the lists.
bool under_memory_checker() noexcept {
    static const bool yes = [] {
        const char* preload = std::getenv("LD_PRELOAD");
        return preload && (std::strstr(preload, "vgpreload_memcheck") || std::strstr(preload, "vgpreload_helgrind") ||
                           std::strstr(preload, "vgpreload_drd"));
    }();
    return yes;
}

// Only frees are counted, so the list may be shorter than the count says. If it is nearly full, the half that has not been
// wanted for longest goes home. A quarter of the cap is free afterwards, so that measuring walks no further than a few
// frames for each free since the last time; and who needs half of the cap in turns never comes to the slabs.
void measure(std::size_t index, frame_list& list) noexcept {
    const std::int32_t cap = cap_of(index);
    std::int32_t length = 0;
    void* middle = nullptr;
    for (void* p = list.head; p; p = *static_cast<void**>(p))
        if (++length == cap / 2) middle = p;
    if (length > cap - cap / 4) {
        give(index, std::exchange(*static_cast<void**>(middle), nullptr));
        length = cap / 2;
    }
    list.room = cap - length;
}

// A thread that is not coil's gives its frames back through this destructor; constructed on the first slow call.
struct flush_at_exit {
    flush_at_exit() noexcept = default;
    ~flush_at_exit() { flush(); }
    void touch() const noexcept {}
};
thread_local flush_at_exit at_exit;

#endif

}  // namespace

#ifdef COIL_ASAN

void* allocate_of_class(std::size_t index) {
    if (held_frames::gone) return ::operator new(frame_class_bytes(index));
    auto& ring = held.ring[index];
    std::size_t& oldest = held.oldest[index];
    if (ring.size() == held_frames::hold && ring[oldest]) {
        void* p = std::exchange(ring[oldest], nullptr);
        ASAN_UNPOISON_MEMORY_REGION(p, frame_class_bytes(index));
        return p;
    }
    return ::operator new(frame_class_bytes(index));
}

void free_of_class(void* frame, std::size_t index) noexcept {
    if (held_frames::gone) return ::operator delete(frame);
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

void* allocate_of_class(std::size_t index) {
    const std::size_t bytes = frame_class_bytes(index);
    fresh_run& run = runs[index];
    if (run.begin != run.end) return std::exchange(run.begin, run.begin + bytes);
    if (under_memory_checker()) return ::operator new(bytes);
    if (!exiting) at_exit.touch();
    const supply got = obtain(index);
    frame_list& list = this_thread.frames[index];
    void* const frame = got.list ? got.list : got.run;
    if (got.list) {
        list.head = *static_cast<void**>(frame);
        list.room = cap_of(index) - static_cast<std::int32_t>(got.count - 1);
    } else {
        run = {got.run + bytes, got.run_end};
    }
    if (exiting) flush();  // a thread past its end keeps nothing
    return frame;
}

void free_of_class(void* frame, std::size_t index) noexcept {
    frame_list& list = this_thread.frames[index];
    list.room = 0;
    if (under_memory_checker()) return ::operator delete(frame);
    *static_cast<void**>(frame) = list.head;
    list.head = frame;
    if (exiting) return give(index, std::exchange(list.head, nullptr));
    at_exit.touch();
    measure(index, list);
}

void flush() noexcept {
    exiting = true;
    for (std::size_t i = 1; i < memory_classes; ++i) {
        frame_list& list = this_thread.frames[i];
        list.room = 0;
        give(i, std::exchange(list.head, nullptr));
        fresh_run& run = runs[i];
        give_run(i, std::exchange(run.begin, nullptr), std::exchange(run.end, nullptr));
    }
}

#endif

void* allocate_slow(std::size_t size) {
    const std::size_t index = frame_class(size);
    return index < frame_classes ? allocate_of_class(index) : ::operator new(size);
}

void free_slow(void* frame, std::size_t size) noexcept {
    const std::size_t index = frame_class(size);
    if (index < frame_classes) free_of_class(frame, index);
    else ::operator delete(frame);
}

}  // namespace coil::frames
