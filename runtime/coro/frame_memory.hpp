// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/thread_state.hpp>

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define COIL_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define COIL_ASAN 1
#endif
#endif

namespace coil {

namespace frames {
void* allocate_slow(std::size_t size);
void free_slow(void* frame, std::size_t size) noexcept;
void* allocate_of_class(std::size_t index);
void free_of_class(void* frame, std::size_t index) noexcept;
/// Gives this thread's recycled frames to all threads. Threads of coil call it as they end.
void flush() noexcept;
}  // namespace frames

/// Allocates a coroutine frame (or a record that lives as long as one).
/// Recycled by size class per thread; what a thread has too much of goes home to slabs that all threads share, so a frame
/// may die on another thread than it was born on, and slabs that nobody uses go back to the system.
/// Errors: `std::bad_alloc`. Cost: about a nanosecond each way on the recycled path.
/// Under ASan freed frames are poisoned and held back; under valgrind's memory checkers nothing is recycled.
[[nodiscard]] inline void* allocate_frame(std::size_t size) {
#ifndef COIL_ASAN
    const std::size_t index = frame_class(size);
    if (index < frame_classes) [[likely]] {
        frame_list& list = this_thread.frames[index];
        if (void* frame = list.head) [[likely]] {
            list.head = *static_cast<void**>(frame);
            return frame;
        }
    }
#endif
    return frames::allocate_slow(size);
}

inline void free_frame(void* frame, std::size_t size) noexcept {
#ifndef COIL_ASAN
    const std::size_t index = frame_class(size);
    if (index < frame_classes) [[likely]] {
        frame_list& list = this_thread.frames[index];
        if (list.room > 0) [[likely]] {
            --list.room;  // apart from the test: one instruction for both is slower where many frames die in a row
            *static_cast<void**>(frame) = list.head;
            list.head = frame;
            return;
        }
    }
#endif
    frames::free_slow(frame, size);
}

/// The same for the record of a task. Shape: aligned to 8 bytes.
[[nodiscard]] inline void* allocate_record(std::size_t size) {
    if (size > record_bytes) return allocate_frame(size);  // where atomics are checked
#ifndef COIL_ASAN
    frame_list& list = this_thread.frames[record_class];
    if (void* record = list.head) [[likely]] {
        list.head = *static_cast<void**>(record);
        return record;
    }
#endif
    return frames::allocate_of_class(record_class);
}

inline void free_record(void* record, std::size_t size) noexcept {
    if (size > record_bytes) return free_frame(record, size);
#ifndef COIL_ASAN
    frame_list& list = this_thread.frames[record_class];
    if (list.room > 0) [[likely]] {
        --list.room;
        *static_cast<void**>(record) = list.head;
        list.head = record;
        return;
    }
#endif
    frames::free_of_class(record, record_class);
}

}  // namespace coil
