// SPDX-License-Identifier: BSL-1.0
// Recycled frames, the least that does it: one free list per thread and 64-byte class, no cap, no exchange.
#pragma once

#include <array>
#include <cstddef>
#include <new>

namespace floor_of {

struct frame_list {
    static constexpr std::size_t classes = 16;
    std::array<void*, classes> heads{};
};
inline constinit thread_local frame_list frames{};

/// Base of a promise whose frames come from the list.
struct recycled {
    static void* operator new(std::size_t n) {
        const std::size_t c = (n + 63) / 64;
        if (c < frame_list::classes) [[likely]] {
            void*& head = frames.heads[c];
            if (void* p = head) [[likely]] {
                head = *static_cast<void**>(p);
                return p;
            }
            return ::operator new(c * 64);
        }
        return ::operator new(n);
    }
    static void operator delete(void* p, std::size_t n) {
        const std::size_t c = (n + 63) / 64;
        if (c < frame_list::classes) [[likely]] {
            void*& head = frames.heads[c];
            *static_cast<void**>(p) = head;
            head = p;
            return;
        }
        ::operator delete(p);
    }
};

}  // namespace floor_of
