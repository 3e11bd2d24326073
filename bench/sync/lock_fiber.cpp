// SPDX-License-Identifier: BSL-1.0
// Rows lock, contend100, contend10k, condition_ping and notify_all: Boost.Fiber.
#include <boost/fiber/all.hpp>

#include <cstdint>
#include <mutex>
#include <vector>

#include "../measure/row.hpp"
#include "sync_work.hpp"

namespace {

boost::fibers::pooled_fixedsize_stack& stacks() {
    static boost::fibers::pooled_fixedsize_stack all(16 * 1024);
    return all;
}

measure::result alone(std::uint64_t n) {
    boost::fibers::mutex m;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        const std::scoped_lock g(m);
        measure::keep(m);
    }
    return w.stop(static_cast<double>(n));
}

measure::result crowd(std::uint64_t n, std::uint64_t tasks) {
    boost::fibers::mutex m;
    const std::uint64_t rounds = sync_work::rounds(n, tasks);
    std::vector<boost::fibers::fiber> all;
    all.reserve(tasks);
    const measure::window w;
    for (std::uint64_t i = 0; i < tasks; ++i) {
        all.emplace_back(std::allocator_arg, stacks(), [&m, rounds] {
            for (std::uint64_t k = 0; k < rounds; ++k) {
                const std::scoped_lock g(m);
                boost::this_fiber::yield();
            }
        });
    }
    for (auto& f : all) f.join();
    return w.stop(static_cast<double>(rounds * tasks));
}

measure::result condition_ping(std::uint64_t n) {
    boost::fibers::mutex m;
    boost::fibers::condition_variable changed;
    bool mine = true;
    auto work = [&](bool me) {
        for (std::uint64_t i = 0; i < n / 2; ++i) {
            std::unique_lock g(m);
            changed.wait(g, [&] { return mine == me; });
            mine = !me;
            changed.notify_one();
        }
    };
    const measure::window w;
    boost::fibers::fiber other(std::allocator_arg, stacks(), [&] { work(false); });
    work(true);
    other.join();
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"lock/fiber", sync_work::batch, alone},
    {"contend100/fiber", sync_work::batch, [](std::uint64_t n) { return crowd(n, sync_work::crowd); }},
    {"contend10k/fiber", sync_work::batch, [](std::uint64_t n) { return crowd(n, sync_work::throng); }},
    {"condition_ping/fiber", sync_work::batch, condition_ping},
};

}  // namespace
