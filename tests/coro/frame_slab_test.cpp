// SPDX-License-Identifier: BSL-1.0
// Where frames come from and go back to. The memory of the process is what the kernel says it is.
#include <coil/runtime/coro/frame_memory.hpp>

#include "../sanitized.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <new>
#include <random>
#include <thread>
#include <vector>

#ifndef COIL_ASAN

namespace {

using coil::allocate_frame;
using coil::free_frame;

constexpr std::size_t slab = std::size_t{32} << 10;
[[maybe_unused]] constexpr long MiB = 1 << 20;

[[maybe_unused]] long resident() {
    long all = 0, held = 0;
    if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(f, "%ld %ld", &all, &held) != 2) held = 0;
        std::fclose(f);
    }
    return held * sysconf(_SC_PAGESIZE);
}

std::vector<void*> make(std::size_t count, std::size_t size) {
    std::vector<void*> all(count);
    for (void*& p : all) {
        p = allocate_frame(size);
        std::memset(p, 1, size);
    }
    return all;
}
void end(const std::vector<void*>& all, std::size_t size) {
    for (void* p : all)
        free_frame(p, size);
}

// In a child, whose memory nobody else has used; returns whether the function did not object.
template <class F>
bool in_child(F f) {
    const pid_t child = fork();
    if (child == 0) {
        alarm(60);  // ends a child that hangs
        _exit(f() ? 0 : 1);
    }
    int status = -1;
    waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

// The child says what it found.
[[maybe_unused]] bool at_most(long value, long most, const char* what) {
    if (value <= most) return true;
    std::fprintf(stderr, "%s: %ld KiB, at most %ld\n", what, value / 1024, most / 1024);
    return false;
}

TEST_CASE("frames of one class lie side by side, without anything between them") {
    for (const std::size_t size : {48u, 208u, 1088u, 4096u}) {
        CAPTURE(size);
        std::vector<void*> all = make(2000, size);
        std::sort(all.begin(), all.end());
        for (std::size_t i = 1; i != all.size(); ++i) {
            const auto one = reinterpret_cast<std::uintptr_t>(all[i - 1]),
                       next = reinterpret_cast<std::uintptr_t>(all[i]);
            if (one / slab == next / slab) REQUIRE((next - one) % size == 0);
        }
        end(all, size);
    }
}

#ifndef UNDER_A_SANITIZER

TEST_CASE("after a peak of a million frames the memory goes back, in whatever order they die") {
    for (const bool mixed : {false, true}) {
        CAPTURE(mixed);
        CHECK(in_child([&] {
            constexpr std::size_t size = 160;
            std::vector<void*> all(1'000'000);
            std::memset(static_cast<void*>(all.data()), 1, all.size() * sizeof(void*));
            const long before = resident();
            all = make(all.size(), size);
            const long peak = resident() - before;
            if (mixed) std::shuffle(all.begin(), all.end(), std::mt19937(1));
            end(all, size);
            // 34 MiB of slabs that wait, and the slabs that what is in the thread's list keeps
            return at_most(140 * MiB, peak, "the peak") && at_most(resident() - before, 60 * MiB, "after the peak");
        }));
    }
}

TEST_CASE("what one class needed no more serves the others") {
    CHECK(in_child([] {
        const long before = resident();
        for (int round = 0; round != 3; ++round)
            for (std::size_t size = 64; size <= 4096; size *= 2)
                end(make(24 * MiB / size, size), size);
        return at_most(resident() - before, 40 * MiB, "after peaks of 24 MiB in each of 7 classes");
    }));
}

TEST_CASE("a few frames take a few pages") {
    CHECK(in_child([] {
        const long before = resident();
        for (std::size_t size = 64; size <= 512; size += 64)
            end(make(10, size), size);
        return at_most(resident() - before, MiB / 2, "ten frames of each of 8 classes");
    }));
}

TEST_CASE("without memory there is an exception, and nothing is lost") {
    CHECK(in_child([] {
        constexpr std::size_t size = 1000;
        end(make(100, size), size);
        std::vector<void*> all;
        all.reserve(1'000'000);
        std::vector<void*> others = make(20'000, 304);
        rlimit no_more{};
        getrlimit(RLIMIT_AS, &no_more);
        const rlim_t before = no_more.rlim_cur;
        long mapped = 0;
        if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
            if (std::fscanf(f, "%ld", &mapped) != 1) return false;
            std::fclose(f);
        }
        no_more.rlim_cur = static_cast<rlim_t>(mapped * sysconf(_SC_PAGESIZE) + 20 * MiB);
        setrlimit(RLIMIT_AS, &no_more);
        bool thrown = false;
        try {
            while (all.size() != all.capacity())
                all.push_back(allocate_frame(size));
        } catch (const std::bad_alloc&) {
            thrown = true;
        }
        const std::size_t most = all.size();
        end(all, size);
        all.clear();
        end(others, 304);
        // as many once more: under the same limit
        for (std::size_t i = 0; i != most; ++i)
            all.push_back(allocate_frame(size));
        end(all, size);
        no_more.rlim_cur = before;
        setrlimit(RLIMIT_AS, &no_more);
        end(make(2 * most, size), size);
        return thrown && most > 10'000;
    }));
}

#endif

// The length of this thread's list of a class.
std::size_t listed(std::size_t size) {
    std::size_t count = 0;
    for (void* p = coil::this_thread.frames[coil::frame_class(size)].head; p; p = *static_cast<void**>(p))
        ++count;
    return count;
}

TEST_CASE("who needs less than half of a list in turns never comes to the slabs") {
    std::thread([] {  // whose lists are empty
        constexpr std::size_t size = 144;
        end(make(100, size), size);
        const std::size_t mine = listed(size);
        for (std::size_t round = 0; round != 2000; ++round) {
            end(make(round % 100, size), size);
            REQUIRE(listed(size) == mine);
        }
    })
        .join();
}

TEST_CASE("a list stays bounded whatever the order of births and deaths") {
    constexpr std::size_t size = 176;
    std::mt19937 random(7);
    std::vector<void*> all;
    for (int round = 0; round != 3000; ++round) {
        const std::size_t up = random() % 600, down = random() % 600;
        for (std::size_t i = 0; i != up; ++i)
            all.push_back(allocate_frame(size));
        for (std::size_t i = 0; i != down && !all.empty(); ++i) {
            free_frame(all.back(), size);
            all.pop_back();
        }
        REQUIRE(listed(size) <= 512);
    }
    end(all, size);
}

TEST_CASE("a child of a fork has frames of its own, also while other threads have the locks") {
    std::atomic<bool> over{false};
    std::vector<std::thread> busy;
    for (int i = 0; i != 2; ++i)
        busy.emplace_back([&] {
            while (!over)
                end(make(2000, 224), 224);
        });
    const std::vector<void*> mine = make(1000, 224);
    for (int i = 0; i != 20; ++i)
        CHECK(in_child([&] {
            for (void* p : mine)
                if (*static_cast<char*>(p) != 1) return false;
            end(mine, 224);
            end(make(5000, 224), 224);
            return true;
        }));
    over = true;
    for (std::thread& t : busy)
        t.join();
    for (void* p : mine)
        CHECK(*static_cast<char*>(p) == 1);
    end(mine, 224);
}

}  // namespace

#endif
