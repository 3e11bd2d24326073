// SPDX-License-Identifier: BSL-1.0
// Rows queue_* across threads: std::mutex, two std::condition_variables and a std::deque.
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "queue_work.hpp"

namespace {

class plain_queue {
public:
    explicit plain_queue(std::size_t limit) : limit_(limit) {}
    void put(std::uint64_t v) {
        {
            std::unique_lock guard(lock_);
            room_.wait(guard, [&] { return limit_ == 0 || items_.size() < limit_; });
            items_.push_back(v);
        }
        some_.notify_one();
    }
    std::uint64_t get() {
        std::uint64_t v;
        {
            std::unique_lock guard(lock_);
            some_.wait(guard, [&] { return !items_.empty(); });
            v = items_.front();
            items_.pop_front();
        }
        if (limit_ != 0) room_.notify_one();
        return v;
    }

private:
    std::size_t limit_;
    std::mutex lock_;
    std::condition_variable some_, room_;
    std::deque<std::uint64_t> items_;
};

measure::result run(std::uint64_t n, std::size_t limit, std::uint64_t pairs) {
    plain_queue q(limit);
    std::vector<std::thread> threads;
    const measure::window w;
    for (std::uint64_t p = 0; p < pairs; ++p) {
        threads.emplace_back([&, count = n / pairs] {
            for (std::uint64_t i = 0; i < count; ++i)
                q.put(i);
        });
        threads.emplace_back([&, count = n / pairs] {
            std::uint64_t sum = 0;
            for (std::uint64_t i = 0; i < count; ++i)
                sum += q.get();
            measure::keep(sum);
        });
    }
    for (std::thread& t : threads)
        t.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"queue_open_two/std", queue_work::two_threads, [](std::uint64_t n) { return run(n, 0, 1); }},
    {"queue_1024_two/std", queue_work::two_threads, [](std::uint64_t n) { return run(n, queue_work::large, 1); }},
    {"queue_1024_four/std", queue_work::two_threads,
     [](std::uint64_t n) { return run(n, queue_work::large, queue_work::producers); }},
};

}  // namespace
