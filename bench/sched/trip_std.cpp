// SPDX-License-Identifier: BSL-1.0
// Rows hop, post and post_awake: a queue of functions under std::mutex and std::condition_variable.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

#include "../measure/futex.hpp"
#include "../measure/row.hpp"
#include "../measure/trips.hpp"
#include "trip_work.hpp"

namespace {

class function_loop {
public:
    void post(std::function<void()> f) {
        {
            std::lock_guard lock(mutex_);
            queue_.push_back(std::move(f));
        }
        some_.notify_one();
    }
    void run() {
        while (!ended_) {
            std::unique_lock lock(mutex_);
            some_.wait(lock, [&] { return !queue_.empty(); });
            auto f = std::move(queue_.front());
            queue_.pop_front();
            lock.unlock();
            f();
        }
    }
    void end() {
        post([this] { ended_ = true; });
    }

private:
    std::mutex mutex_;
    std::condition_variable some_;
    std::deque<std::function<void()>> queue_;
    bool ended_ = false;
};

measure::result post_asleep(std::uint64_t n) {
    function_loop loop;
    std::thread other([&] { loop.run(); });
    measure::futex_flag back;
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        std::this_thread::sleep_for(trip_work::rest);
        t.start();
        loop.post([&] { back.set(); });
        back.wait();
        t.stop();
    }
    loop.end();
    other.join();
    return t.summary();
}

// Both sides are such loops; the way back is a post too.
measure::result hop_asleep(std::uint64_t n) {
    function_loop home;
    function_loop pool;
    std::thread worker([&] { pool.run(); });
    measure::trips t(n);
    std::uint64_t left = n;
    std::function<void()> next;
    std::function<void()> come_back = [&] {
        t.stop();
        if (--left == 0) home.end();
        else next();
    };
    next = [&] {
        std::this_thread::sleep_for(trip_work::rest);
        t.start();
        pool.post([&] { home.post([&] { come_back(); }); });
    };
    home.post([&] { next(); });
    home.run();
    pool.end();
    worker.join();
    return t.summary();
}

measure::result post_awake(std::uint64_t n) {
    function_loop loop;
    std::thread other([&] { loop.run(); });
    std::atomic<std::uint64_t> seen{0};
    measure::result total;
    std::uint64_t sent = 0;
    while (sent < n) {
        const measure::window w;
        for (std::uint64_t i = 0; i < trip_work::burst; ++i)
            loop.post([&] { seen.store(seen.load(std::memory_order_relaxed) + 1, std::memory_order_release); });
        const measure::result r = w.stop(0);
        total.seconds += r.seconds;
        total.cpu_seconds += r.cpu_seconds;
        total.allocations += r.allocations;
        sent += trip_work::burst;
        while (seen.load(std::memory_order_acquire) != sent) {}
    }
    loop.end();
    other.join();
    total.operations = static_cast<double>(sent);
    return total;
}

const measure::enrol all[] = {
    {"hop_asleep/std", trip_work::asleep, hop_asleep, measure::shape::whole},
    {"post_asleep/std", trip_work::asleep, post_asleep, measure::shape::whole},
    {"post_awake/std", trip_work::posts, post_awake},
};

}  // namespace
