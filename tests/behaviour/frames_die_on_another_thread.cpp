// SPDX-License-Identifier: BSL-1.0
// Recycled frames stay bounded: where one thread makes tasks and another destroys them, the memory comes back; and what
// is recycled at most is a fixed sum, however much was in use once.
#include "full_size.hpp"

#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/task.hpp>

#include <malloc.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <new>
#include <thread>
#include <utility>
#include <vector>

namespace {
[[maybe_unused]] std::atomic<long> live_blocks{0}, live_bytes{0}, most_blocks{0}, all_blocks{0};
}

#ifndef UNDER_THREAD_SANITIZER
// Counted, and otherwise as they are.
void* operator new(std::size_t size) {
    void* p = std::malloc(size);
    if (!p) throw std::bad_alloc();
    live_bytes += static_cast<long>(malloc_usable_size(p));
    ++all_blocks;
    const long now = ++live_blocks;
    for (long most = most_blocks; now > most && !most_blocks.compare_exchange_weak(most, now);) {}
    return p;
}
void operator delete(void* p) noexcept {
    if (!p) return;
    live_bytes -= static_cast<long>(malloc_usable_size(p));
    --live_blocks;
    std::free(p);
}
void operator delete(void* p, std::size_t) noexcept {
    operator delete(p);
}
#endif

namespace {

using coil::task;

// What the process holds: frames come from slabs, which only the kernel counts; under ASan from operator new.
long held_bytes() {
#ifdef COIL_ASAN
    return live_bytes;
#else
    long all = 0, resident = 0;
    if (std::FILE* f = std::fopen("/proc/self/statm", "r")) {
        if (std::fscanf(f, "%ld %ld", &all, &resident) != 2) resident = 0;
        std::fclose(f);
    }
    return resident * sysconf(_SC_PAGESIZE);
#endif
}

template <std::size_t Size>
task<> with_array(std::array<char, Size>) {
    co_return;
}

bool failed = false;
void expect(long value, long most, const char* what) {
    std::printf("%s: %ld, at most %ld\n", what, value, most);
    if (value > most) failed = true;
}

void one_thread_makes_and_another_destroys() {
    const long tasks = full_size(1'000'000);
    constexpr std::size_t in_flight = 1000;
    std::mutex lock;
    std::condition_variable changed;
    std::vector<task<>> queue;  // two of these are swapped to and fro, so that nothing but frames asks for memory
    queue.reserve(in_flight);
    bool over = false;
    std::thread consumer([&] {
        std::vector<task<>> taken;
        taken.reserve(in_flight);
        for (;;) {
            {
                std::unique_lock guard(lock);
                changed.wait(guard, [&] { return !queue.empty() || over; });
                if (queue.empty()) return;
                taken.swap(queue);
            }
            changed.notify_all();
            taken.clear();
        }
    });
    most_blocks = live_blocks.load();
    [[maybe_unused]] const long held_before = held_bytes();
    const long before = live_blocks;
    [[maybe_unused]] const long asked_before = all_blocks;
    for (long i = 0; i != tasks; ++i) {
        task<> t = with_array(std::array<char, 200>{});
        std::unique_lock guard(lock);
        changed.wait(guard, [&] { return queue.size() < in_flight; });
        queue.push_back(std::move(t));
        guard.unlock();
        changed.notify_all();
    }
    {
        std::scoped_lock guard(lock);
        over = true;
    }
    changed.notify_all();
    consumer.join();
    // in flight twice over (the queue, and what the consumer took), a list on either side, some batches between them
    expect(most_blocks - before, 10 * static_cast<long>(in_flight), "blocks alive at one time");
#ifndef UNDER_A_SANITIZER
    // and all of them together are 300 MB
    expect(held_bytes() - held_before, 8L * 1024 * 1024, "bytes kept");
    expect(all_blocks - asked_before, 1000, "blocks asked of the system");
#endif
}

void much_was_in_use_once() {
    const long before = held_bytes();
    std::thread other([&] {
        std::vector<task<>> all;
        for (int i = 0; i != 100'000; ++i)
            all.push_back(with_array(std::array<char, 900>{}));
        const long used = held_bytes() - before;
        if (used < 90'000'000) {
            std::printf("only %ld bytes were in use\n", used);
            failed = true;
        }
    });
    other.join();
    expect(held_bytes() - before, 40L * 1024 * 1024, "bytes kept after a peak of 100 MB");
}

}  // namespace

int main() {
    one_thread_makes_and_another_destroys();
#ifdef UNDER_THREAD_SANITIZER  // nothing is counted there: only races are looked for
    (void)&much_was_in_use_once;
#else
    much_was_in_use_once();
#endif
    return failed ? 1 : 0;
}
