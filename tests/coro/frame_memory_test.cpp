// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/frame_memory.hpp>

#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#ifdef COIL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace {

using coil::allocate_frame;
using coil::free_frame;

// Writes over all of it, and looks later whether anybody else did.
void fill(void* p, std::size_t size, unsigned char mark) { std::memset(p, mark, size); }
bool untouched(const void* p, std::size_t size, unsigned char mark) {
    const auto* c = static_cast<const unsigned char*>(p);
    for (std::size_t i = 0; i != size; ++i)
        if (c[i] != mark) return false;
    return true;
}

TEST_CASE("memory of every size is whole, aligned and its own") {
    std::vector<std::pair<void*, std::size_t>> all;
    for (int round = 0; round != 3; ++round) {
        for (std::size_t size = 0; size != 4300; ++size) {
            void* p = allocate_frame(size);
            REQUIRE(reinterpret_cast<std::uintptr_t>(p) % 16 == 0);
            fill(p, size, static_cast<unsigned char>(size));
            all.emplace_back(p, size);
        }
        for (auto [p, size] : all) {
            REQUIRE(untouched(p, size, static_cast<unsigned char>(size)));
            free_frame(p, size);
        }
        all.clear();
    }
}

#ifndef COIL_ASAN

TEST_CASE("what died last is born first") {
    for (const std::size_t size : {1u, 32u, 33u, 200u, 1024u, 4000u}) {
        void* a = allocate_frame(size);
        void* b = allocate_frame(size);
        free_frame(a, size);
        free_frame(b, size);
        CHECK(allocate_frame(size) == b);
        CHECK(allocate_frame(size) == a);
        free_frame(a, size);
        free_frame(b, size);
    }
}

TEST_CASE("sizes share memory within a class, not beyond it") {
    using coil::frame_class, coil::frame_class_bytes;
    for (std::size_t size = 1; frame_class(size) < coil::frame_classes; ++size) {
        REQUIRE(frame_class_bytes(frame_class(size)) >= size);
        const bool large = size > coil::small_frame_bytes;
        REQUIRE(frame_class_bytes(frame_class(size)) < size + (large ? coil::large_frame_grain : coil::frame_grain));
    }
    void* a = allocate_frame(frame_class_bytes(3));
    free_frame(a, frame_class_bytes(3));
    void* b = allocate_frame(frame_class_bytes(2) + 1);
    CHECK(b == a);
    free_frame(b, frame_class_bytes(2) + 1);
    void* c = allocate_frame(frame_class_bytes(3) + 1);
    CHECK(c != a);
    free_frame(c, frame_class_bytes(3) + 1);
}

TEST_CASE("records have a class of their own, in which they lie side by side") {
    constexpr std::size_t size = coil::record_bytes;
    void* const a = coil::allocate_record(size);
    void* const b = allocate_frame(size);
    CHECK(reinterpret_cast<std::uintptr_t>(a) % alignof(void*) == 0);
    CHECK(reinterpret_cast<std::uintptr_t>(b) % 16 == 0);
    coil::free_record(a, size);
    void* const c = allocate_frame(size);
    CHECK(c != a);
    CHECK(coil::allocate_record(size) == a);
    coil::free_record(a, size);
    free_frame(b, size);
    free_frame(c, size);
    // one that is larger, as where atomics are checked, is a frame
    void* const d = coil::allocate_record(size + 1);
    coil::free_record(d, size + 1);
}

TEST_CASE("a thread's list is bounded; what is beyond goes to others") {
    constexpr std::size_t size = 256;
    constexpr int count = 3000;
    std::vector<void*> mine;
    for (int i = 0; i != count; ++i) mine.push_back(allocate_frame(size));
    const std::set<void*> known(mine.begin(), mine.end());
    for (void* p : mine) free_frame(p, size);
    int in_list = 0;
    for (void* p = coil::this_thread.frames[coil::frame_class(size)].head; p; p = *static_cast<void**>(p)) ++in_list;
    CHECK(in_list > 0);
    CHECK(in_list <= 1024);
    // another thread gets them without asking the system
    int reused = 0;
    std::thread other([&] {
        std::vector<void*> theirs;
        for (int i = 0; i != count - in_list; ++i) {
            theirs.push_back(allocate_frame(size));
            reused += static_cast<int>(known.count(theirs.back()));
        }
        for (void* p : theirs) free_frame(p, size);
    });
    other.join();
    CHECK(reused >= count - in_list - 1024);
}

TEST_CASE("a thread that ends leaves its frames to the others") {
    constexpr std::size_t size = 544;
    std::set<void*> theirs;
    std::thread one([&] {
        std::vector<void*> all;
        for (int i = 0; i != 50; ++i) all.push_back(allocate_frame(size));
        theirs.insert(all.begin(), all.end());
        for (void* p : all) free_frame(p, size);
    });
    one.join();
    int found = 0;
    std::thread other([&] {
        std::vector<void*> all;
        for (int i = 0; i != 50; ++i) {
            all.push_back(allocate_frame(size));
            found += static_cast<int>(theirs.count(all.back()));
        }
        for (void* p : all) free_frame(p, size);
    });
    other.join();
    CHECK(found == 50);
}

TEST_CASE("frames beyond the largest class come from the system and go back to it") {
    constexpr std::size_t size = coil::frame_class_bytes(coil::frame_classes - 1) + 1;
    void* p = allocate_frame(size);
    fill(p, size, 1);
    free_frame(p, size);
    for (const coil::frame_list& l : coil::this_thread.frames)
        for (void* q = l.head; q; q = *static_cast<void**>(q)) REQUIRE(q != p);
}

#else

TEST_CASE("a dead frame is poisoned, and a live one is not") {
    constexpr std::size_t size = 200;
    void* p = allocate_frame(size);
    CHECK(__asan_region_is_poisoned(p, size) == nullptr);
    free_frame(p, size);
    CHECK(__asan_region_is_poisoned(p, 1) == p);
    CHECK(__asan_address_is_poisoned(static_cast<char*>(p) + size - 1));
    // and is held back for a while
    std::vector<void*> others;
    for (int i = 0; i != 200; ++i) {
        others.push_back(allocate_frame(size));
        REQUIRE(others.back() != p);
        REQUIRE(__asan_region_is_poisoned(others.back(), size) == nullptr);
    }
    for (void* q : others) free_frame(q, size);
    CHECK(__asan_address_is_poisoned(p));
}

#endif

TEST_CASE("frames are freed by a thread that is past its end of life") {
    // destroyed after the frame memory of the thread has been given away
    struct late {
        std::vector<void*> all;
        ~late() {
            for (void* p : all) free_frame(p, 96);
            for (int i = 0; i != 10; ++i) free_frame(allocate_frame(96), 96);
        }
    };
    std::thread other([] {
        static thread_local late l;  // constructed before the memory is first used, so destroyed after
        for (int i = 0; i != 100; ++i) l.all.push_back(allocate_frame(96));
        for (int i = 0; i != 50; ++i) {
            free_frame(l.all.back(), 96);
            l.all.pop_back();
        }
    });
    other.join();
}

TEST_CASE("frames are born on one thread and die on another, and none is given out twice") {
    constexpr int threads = 3, rounds = 20000;
    constexpr std::size_t sizes[] = {40, 96, 160, 480, 1000, 1500, 6000};
    struct frame {
        void* memory;
        std::size_t size;
        unsigned char mark;
    };
    // each thread hands what it made to the next
    struct mailbox {
        std::mutex lock;
        std::vector<frame> frames;
    };
    std::vector<mailbox> boxes(threads);
    std::atomic<int> damaged{0};
    std::vector<std::thread> crowd;
    for (int t = 0; t != threads; ++t) {
        crowd.emplace_back([&, t] {
            std::mt19937 random(static_cast<unsigned>(t));
            std::vector<frame> held;
            for (int i = 0; i != rounds; ++i) {
                const std::size_t size = sizes[random() % std::size(sizes)];
                frame f{allocate_frame(size), size, static_cast<unsigned char>(random())};
                fill(f.memory, size, f.mark);
                held.push_back(f);
                if (held.size() >= 50) {
                    std::vector<frame> arrived;
                    {
                        mailbox& next = boxes[static_cast<std::size_t>((t + 1) % threads)];
                        std::scoped_lock guard(next.lock);
                        next.frames.insert(next.frames.end(), held.begin(), held.end());
                    }
                    held.clear();
                    {
                        mailbox& own = boxes[static_cast<std::size_t>(t)];
                        std::scoped_lock guard(own.lock);
                        arrived.swap(own.frames);
                    }
                    for (const frame& a : arrived) {
                        if (!untouched(a.memory, a.size, a.mark)) damaged.fetch_add(1);
                        free_frame(a.memory, a.size);
                    }
                }
            }
            for (const frame& f : held) free_frame(f.memory, f.size);
        });
    }
    for (std::thread& t : crowd) t.join();
    for (mailbox& b : boxes)
        for (const frame& f : b.frames) {
            if (!untouched(f.memory, f.size, f.mark)) damaged.fetch_add(1);
            free_frame(f.memory, f.size);
        }
    CHECK(damaged == 0);
}

TEST_CASE("a coroutine of any size of frame runs") {
    struct bodies {
        static coil::task<int> small() { co_return 1; }
        static coil::task<int> large() {
            unsigned char array[8000];
            std::memset(array, 3, sizeof array);
            co_await small();
            int sum = 0;
            for (const unsigned char c : array) sum += c;
            co_return sum;
        }
    };
    for (int i = 0; i != 10; ++i) CHECK(run_by_hand(bodies::large()) == 24000);
}

}  // namespace
