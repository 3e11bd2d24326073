// SPDX-License-Identifier: BSL-1.0
// Rows queue_*: Boost.Fiber's channels. Their capacity is a power of two and holds one less; one of two holds one item.
#include <boost/fiber/all.hpp>

#include <cstdint>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "queue_work.hpp"

namespace {

using bounded = boost::fibers::buffered_channel<std::uint64_t>;

void produce(bounded& q, std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
        q.push(i);
}

void consume(bounded& q, std::uint64_t n) {
    std::uint64_t sum = 0, v = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        q.pop(v);
        sum += v;
    }
    measure::keep(sum);
}

measure::result on_one_thread(std::uint64_t n, std::size_t capacity) {
    bounded q(capacity);
    const measure::window w;
    boost::fibers::fiber a([&] { produce(q, n); });
    boost::fibers::fiber b([&] { consume(q, n); });
    a.join();
    b.join();
    return w.stop(static_cast<double>(n));
}

measure::result on_two_threads(std::uint64_t n, std::uint64_t tasks) {
    bounded q(queue_work::large);
    auto side = [&](void (*body)(bounded&, std::uint64_t)) {
        std::vector<boost::fibers::fiber> all;
        for (std::uint64_t t = 0; t < tasks; ++t)
            all.emplace_back([&, body] { body(q, n / tasks); });
        for (auto& f : all)
            f.join();
    };
    const measure::window w;
    std::thread other([&] { side(&produce); });
    side(&consume);
    other.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"queue_1/fiber", queue_work::one_loop, [](std::uint64_t n) { return on_one_thread(n, 2); }},
    {"queue_1024/fiber", queue_work::one_loop, [](std::uint64_t n) { return on_one_thread(n, queue_work::large); }},
    {"queue_1024_two/fiber", queue_work::two_threads, [](std::uint64_t n) { return on_two_threads(n, 1); }},
    {"queue_1024_four/fiber", queue_work::two_threads,
     [](std::uint64_t n) { return on_two_threads(n, queue_work::producers); }},
};

}  // namespace
