// SPDX-License-Identifier: BSL-1.0
// Rows queue_*: coil.
#include <coil/runtime.hpp>
#include <coil/sync/queue.hpp>

#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

#include "../measure/row.hpp"
#include "queue_work.hpp"

namespace {

using numbers = coil::queue<std::uint64_t>;

coil::task<> produce(numbers& q, std::uint64_t n, std::uint64_t burst) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await q.put(i);
        if (burst != 0 && i % burst == burst - 1) co_await coil::yield();
    }
}

coil::task<std::uint64_t> consume(numbers& q, std::uint64_t n) {
    std::uint64_t sum = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::optional<std::uint64_t> v = co_await q.get();
        sum += *v;
    }
    co_return sum;
}

coil::task<measure::result> on_one_loop(std::uint64_t n, std::uint64_t limit, std::uint64_t burst) {
    numbers q{limit};
    const measure::window w;
    auto producer = coil::spawn(produce(q, n, burst));
    std::uint64_t sum = co_await consume(q, n);
    co_await producer;
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

// An item is put, got and done; the end of all work is waited for.
coil::task<measure::result> with_join(std::uint64_t n) {
    numbers q;
    auto worker = coil::spawn([](numbers& from) -> coil::task<> {
        while (const std::optional<std::uint64_t> v = co_await from.get())
            from.task_done();
    }(q));
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await q.put(i);
        if (i % queue_work::burst == queue_work::burst - 1) co_await q.join();
    }
    co_await q.join();
    const measure::result r = w.stop(static_cast<double>(n));
    q.close();
    co_await worker;
    co_return r;
}

coil::task<> produce_all(numbers& q, std::uint64_t n, std::uint64_t tasks) {
    std::vector<coil::join_handle<>> others;
    for (std::uint64_t t = 0; t < tasks; ++t)
        others.push_back(coil::spawn(produce(q, n / tasks, 0)));
    for (auto& h : others)
        co_await h;
}

coil::task<> consume_all(numbers& q, std::uint64_t n, std::uint64_t tasks) {
    std::vector<coil::join_handle<std::uint64_t>> others;
    for (std::uint64_t t = 0; t < tasks; ++t)
        others.push_back(coil::spawn(consume(q, n / tasks)));
    std::uint64_t sum = 0;
    for (auto& h : others)
        sum += co_await h;
    measure::keep(sum);
}

// Two loops, a thread each.
measure::result on_two_threads(std::uint64_t n, std::uint64_t limit, std::uint64_t tasks) {
    numbers q{limit};
    coil::loop mine, theirs;
    const measure::window w;
    std::thread other([&] { theirs.run(produce_all(q, n, tasks)); });
    mine.run(consume_all(q, n, tasks));
    other.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"queue_open/coil", queue_work::one_loop, [](std::uint64_t n) { return coil::run(on_one_loop(n, 0, queue_work::burst)); }},
    {"queue_1/coil", queue_work::one_loop, [](std::uint64_t n) { return coil::run(on_one_loop(n, 1, 0)); }},
    {"queue_1024/coil", queue_work::one_loop,
     [](std::uint64_t n) { return coil::run(on_one_loop(n, queue_work::large, 0)); }},
    {"queue_done/coil", queue_work::one_loop, [](std::uint64_t n) { return coil::run(with_join(n)); }},
    {"queue_open_two/coil", queue_work::two_threads, [](std::uint64_t n) { return on_two_threads(n, 0, 1); }},
    {"queue_1024_two/coil", queue_work::two_threads,
     [](std::uint64_t n) { return on_two_threads(n, queue_work::large, 1); }},
    {"queue_1024_four/coil", queue_work::two_threads,
     [](std::uint64_t n) { return on_two_threads(n, queue_work::large, queue_work::producers); }},
};

}  // namespace
