// SPDX-License-Identifier: BSL-1.0
// A semaphore of three, a mutex and a condition, whose waiters are stopped at the very moment of the release, from the
// loop and from the pool: at the end all permits are there, the mutex is free, nobody hangs, and never more than three
// were inside.
#include "bad_day.hpp"

#include <coil/coil.hpp>

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

namespace {

using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using namespace std::chrono_literals;

struct bench {
    coil::semaphore permits{3};
    coil::mutex lock;
    coil::condition changed;
    std::atomic<int> inside{0}, most{0}, holders{0};
    std::atomic<long> entered{0}, stopped{0};
};

class presence {
public:
    explicit presence(std::atomic<int>& n) : count_(n) { ++count_; }
    presence(const presence&) = delete;
    presence& operator=(const presence&) = delete;
    ~presence() { --count_; }

private:
    std::atomic<int>& count_;
};

task<> enters(bench& b, unsigned turns) {
    {
        auto permit = co_await b.permits.acquire();
        const presence here(b.inside);
        const int now = b.inside;
        for (int seen = b.most; now > seen && !b.most.compare_exchange_weak(seen, now);) {}
        for (unsigned i = 0; i != turns % 3; ++i) {
            if (turns % 5 == 0) co_await coil::shield(coil::yield());
            else co_await coil::yield();
        }
    }
    auto guard = co_await b.lock.lock();
    expect(++b.holders == 1, "one at a time holds the mutex");
    ++b.entered;
    --b.holders;
    b.changed.notify_one();
    if (turns % 4 == 0) (void)co_await b.changed.wait_for(guard, 50us);
}

task<> visits(bench& b, unsigned turns) {
    try {
        co_await enters(b, turns);
    } catch (const coil::cancelled&) {
        ++b.stopped;
        throw;
    }
}

task<> one_of_many(bench& b, unsigned n, bool on_pool) {
    if (on_pool) co_await coil::resume_on(coil::pool());
    for (unsigned i = 0; i != 8; ++i) co_await visits(b, n + i);
}

task<> amain(unsigned rounds) {
    bench b;
    for (unsigned round = 0; round != rounds; ++round) {
        std::vector<coil::join_handle<>> all;
        for (unsigned n = 0; n != 8; ++n) all.push_back(coil::spawn(one_of_many(b, round + n, n % 2 != 0)));
        for (unsigned n = 0; n != round % 7; ++n) co_await coil::yield();
        for (unsigned n = 0; n != 8; ++n)
            if ((round + n) % 3 != 0) all[n].cancel();
        for (auto& h : all) {
            while (!co_await h.join_for(1ms)) b.changed.notify_all();
            try {
                co_await h;
            } catch (const coil::cancelled&) {
            }
            ++bad_day::progress;
        }
        expect_equal(b.permits.available(), std::size_t{3}, "permits after round " + std::to_string(round));
        expect(!b.lock.locked(), "the mutex is free after round " + std::to_string(round));
    }
    expect(b.permits.try_acquire(3), "all three permits can be taken");
    expect(b.lock.try_lock(), "the mutex locks");
    b.permits.release(3);
    b.lock.unlock();
    expect(b.most <= 3, "never more than three inside");
    expect(b.entered > 0 && b.stopped > 0, "some came through, and some were stopped");
    expect_equal(b.permits.statistics().waiters + b.lock.statistics().waiters + b.changed.statistics().waiters,
                 std::size_t{0}, "who waits at the end");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog dog;
    coil::run(amain(static_cast<unsigned>(full_size(bad_day::is_full(argc, argv) ? 20'000 : 300))), {.pool_size = 2});
    return bad_day::verdict();
}
