// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/blocking_threads.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <deque>
#include <thread>

namespace {

struct counted_job : coil::job {
    explicit counted_job(std::atomic<int>& b, std::atomic<bool>& g) : job(&go), begun(&b), gate(&g) {}
    static void go(job& j) noexcept {
        auto& self = static_cast<counted_job&>(j);
        ++*self.begun;
        while (!*self.gate) std::this_thread::yield();
        self.ended = true;
    }
    std::atomic<int>* begun;
    std::atomic<bool>* gate;
    std::atomic<bool> ended{false};
};

// Threads of the pool are never joined, so it is never destroyed either.
coil::blocking_threads& three() {
    static auto* const threads = new coil::blocking_threads(3);
    return *threads;
}

}  // namespace

TEST_CASE("as many threads as jobs, up to the limit; the rest waits in line; threads are used again") {
    static std::atomic<int> begun{0};
    static std::atomic<bool> gate{false};
    static std::deque<counted_job> jobs;
    for (int i = 0; i != 10; ++i) three().submit(jobs.emplace_back(begun, gate));
    while (begun != 3) std::this_thread::yield();
    CHECK(three().threads() == 3);
    for (int i = 0; i != 100; ++i) std::this_thread::yield();
    CHECK(begun == 3);
    gate = true;
    for (auto& j : jobs)
        while (!j.ended) std::this_thread::yield();
    CHECK(begun == 10);
    CHECK(three().threads() == 3);
    for (int i = 0; i != 5; ++i) {
        three().submit(jobs.emplace_back(begun, gate));
        while (!jobs.back().ended) std::this_thread::yield();
    }
    CHECK(three().threads() == 3);
    CHECK(begun == 15);
}
