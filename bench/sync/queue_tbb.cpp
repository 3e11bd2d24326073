// SPDX-License-Identifier: BSL-1.0
// Rows queue_* across threads: TBB's concurrent_bounded_queue.
#include <tbb/concurrent_queue.h>

#include <cstdint>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "queue_work.hpp"

namespace {

measure::result run(std::uint64_t n, std::uint64_t limit, std::uint64_t pairs) {
    tbb::concurrent_bounded_queue<std::uint64_t> q;
    if (limit != 0) q.set_capacity(static_cast<std::ptrdiff_t>(limit));
    std::vector<std::thread> threads;
    const measure::window w;
    for (std::uint64_t p = 0; p < pairs; ++p) {
        threads.emplace_back([&, count = n / pairs] {
            for (std::uint64_t i = 0; i < count; ++i)
                q.push(i);
        });
        threads.emplace_back([&, count = n / pairs] {
            std::uint64_t sum = 0, v = 0;
            for (std::uint64_t i = 0; i < count; ++i) {
                q.pop(v);
                sum += v;
            }
            measure::keep(sum);
        });
    }
    for (std::thread& t : threads)
        t.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"queue_open_two/tbb", queue_work::two_threads, [](std::uint64_t n) { return run(n, 0, 1); }},
    {"queue_1024_two/tbb", queue_work::two_threads, [](std::uint64_t n) { return run(n, queue_work::large, 1); }},
    {"queue_1024_four/tbb", queue_work::two_threads,
     [](std::uint64_t n) { return run(n, queue_work::large, queue_work::producers); }},
};

}  // namespace
