// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/blocking_threads.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <pthread.h>
#include <string>
#include <thread>
#include <vector>

using coil::blocking_threads;
using coil::job;

namespace {

// Never destroyed, as the class demands; remembered, because their threads, which know them, may end before the test.
blocking_threads& threads_of(std::size_t most) {
    static auto& all = *new std::vector<blocking_threads*>;
    return *all.emplace_back(new blocking_threads(most));
}

// Without a notification: whoever waits for a job ends the test, and a job that has counted itself touches nothing more.
void wait_until(const std::atomic<int>& value, int wanted) {
    while (value != wanted)
        std::this_thread::yield();
}

// A job that calls a function.
template <class F>
struct calling : job {
    explicit calling(F what) : job(&go), f(std::move(what)) {}
    static void go(job& j) noexcept { static_cast<calling&>(j).f(); }
    F f;
};

}  // namespace

TEST_CASE("blocking_threads: threads come with work, up to the limit, and the rest waits in line") {
    blocking_threads& pool = threads_of(3);
    CHECK(pool.threads() == 0);
    std::atomic<int> inside{0}, open{0}, done{0};
    std::atomic<int> most{0};
    auto body = [&] {
        const int now = ++inside;
        for (int seen = most.load(); seen < now && !most.compare_exchange_weak(seen, now);) {}
        wait_until(open, 1);
        --inside;
        ++done;
    };
    using call = calling<decltype(body)>;
    std::vector<call> calls(10, call(body));
    for (call& c : calls) pool.submit(c);
    wait_until(inside, 3);
    CHECK(pool.threads() == 3);
    open = 1;
    wait_until(done, 10);
    CHECK(most == 3);
    CHECK(pool.threads() == 3);
}

TEST_CASE("blocking_threads: one thread serves what comes one after the other, in order") {
    blocking_threads& pool = threads_of(1);
    std::vector<int> order;
    std::atomic<int> done{0};
    struct numbered : job {
        numbered() : job(&go) {}
        static void go(job& j) noexcept {
            auto& self = static_cast<numbered&>(j);
            self.order->push_back(self.number);
            ++*self.done;
        }
        std::vector<int>* order = nullptr;
        std::atomic<int>* done = nullptr;
        int number = 0;
    };
    std::vector<numbered> jobs(100);
    for (int i = 0; i != 100; ++i) {
        auto& j = jobs[static_cast<std::size_t>(i)];
        j.order = &order;
        j.done = &done;
        j.number = i;
        pool.submit(j);
    }
    wait_until(done, 100);
    for (int i = 0; i != 100; ++i) CHECK(order[static_cast<std::size_t>(i)] == i);
    CHECK(pool.threads() == 1);
}

TEST_CASE("blocking_threads: a job never waits behind another while there is room for a thread") {
    // the first waits for the second: with both in one thread's hands it would wait for ever
    blocking_threads& pool = threads_of(2);
    // the next job comes while a thread is between two jobs, where it counts as one that looks for work
    const auto spin_until = [](const std::atomic<bool>& b) {
        for (int i = 1; !b.load(); ++i)
            if (i % 100 == 0) std::this_thread::yield();
    };
    for (int round = 0; round != 2000; ++round) {
        std::atomic<bool> second_ran{false}, first_ran{false};
        auto wait_for_second = [&] {
            spin_until(second_ran);
            first_ran = true;
        };
        auto let_go = [&] { second_ran = true; };
        calling first(wait_for_second);
        calling second(let_go);
        pool.submit(first);
        for (int i = 0; i != round % 32 * 4; ++i) coil::relax();
        pool.submit(second);
        spin_until(first_ran);
    }
    CHECK(pool.threads() <= 2);
}

TEST_CASE("blocking_threads: their threads bear names") {
    blocking_threads& pool = threads_of(1);
    std::atomic<int> done{0};
    std::string name;
    auto ask = [&] {
        char text[16] = {};
        ::pthread_getname_np(::pthread_self(), text, sizeof text);
        name = text;
        done = 1;
    };
    calling c(ask);
    pool.submit(c);
    wait_until(done, 1);
    CHECK(name == "coil-block-1");
}

TEST_CASE("blocking_threads: the process has one pool of them") {
    CHECK(&coil::blocking_pool() == &coil::blocking_pool());
}
