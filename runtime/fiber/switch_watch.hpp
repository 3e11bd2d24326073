// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/fiber/fiber_core.hpp>

#include <cstddef>

#ifdef COIL_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef COIL_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace coil {

// Tells the sanitizers of each switch between a thread's own stack and a fiber's. Without one it is nothing.
// Always in line: the thread sanitizer keeps a stack of calls for each fiber, and would note the return of a call that was begun
// on the other one.
class switch_watch {
public:
#ifdef COIL_TSAN
    // Making one is slow: it is kept with the stack.
    switch_watch() noexcept : fiber_(__tsan_create_fiber(0)) {}
    ~switch_watch() { __tsan_destroy_fiber(fiber_); }
#else
    switch_watch() noexcept = default;
#endif
    switch_watch(const switch_watch&) = delete;
    switch_watch& operator=(const switch_watch&) = delete;

    // On the thread's stack, before and after the fiber runs on the stack between `lowest` and `top`.
    [[gnu::always_inline]] void enters([[maybe_unused]] const void* lowest, [[maybe_unused]] const void* top) noexcept {
#ifdef COIL_ASAN
        __sanitizer_start_switch_fiber(
            &thread_frames_, lowest,
            static_cast<std::size_t>(static_cast<const char*>(top) - static_cast<const char*>(lowest)));
#endif
#ifdef COIL_TSAN
        thread_ = __tsan_get_current_fiber();
        __tsan_switch_to_fiber(fiber_, 0);
#endif
    }
    [[gnu::always_inline]] void is_back() noexcept {
#ifdef COIL_ASAN
        __sanitizer_finish_switch_fiber(thread_frames_, nullptr, nullptr);
#endif
    }

    // On the fiber's stack: at its first step, and around each of its waits; `ends` after the last step.
    [[gnu::always_inline]] void arrives() noexcept {
#ifdef COIL_ASAN
        __sanitizer_finish_switch_fiber(own_frames_, &thread_lowest_, &thread_bytes_);
#endif
    }
    [[gnu::always_inline]] void leaves() noexcept {
#ifdef COIL_ASAN
        __sanitizer_start_switch_fiber(&own_frames_, thread_lowest_, thread_bytes_);
#endif
        back_to_thread();
    }
    [[gnu::always_inline]] void ends() noexcept {
#ifdef COIL_ASAN
        own_frames_ = nullptr;
        __sanitizer_start_switch_fiber(nullptr, thread_lowest_, thread_bytes_);
#endif
        back_to_thread();
    }

    // What nobody may touch, since no code runs on it; and may again.
    static void forbid([[maybe_unused]] void* lowest, [[maybe_unused]] void* end) noexcept {
#ifdef COIL_ASAN
        ASAN_POISON_MEMORY_REGION(lowest, static_cast<char*>(end) - static_cast<char*>(lowest));
#endif
    }
    static void allow([[maybe_unused]] void* lowest, [[maybe_unused]] void* end) noexcept {
#ifdef COIL_ASAN
        ASAN_UNPOISON_MEMORY_REGION(lowest, static_cast<char*>(end) - static_cast<char*>(lowest));
#endif
    }

private:
    [[gnu::always_inline]] void back_to_thread() noexcept {
#ifdef COIL_TSAN
        __tsan_switch_to_fiber(thread_, 0);
#endif
    }
#ifdef COIL_ASAN
    void* thread_frames_ = nullptr;
    void* own_frames_ = nullptr;
    const void* thread_lowest_ = nullptr;
    std::size_t thread_bytes_ = 0;
#endif
#ifdef COIL_TSAN
    void* fiber_;
    void* thread_ = nullptr;
#endif
};

}  // namespace coil
