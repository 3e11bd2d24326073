// SPDX-License-Identifier: BSL-1.0
// Rows yield and spawn: Boost.Fiber.
#include <boost/fiber/all.hpp>

#include <cstdint>
#include <memory>

#include "../measure/row.hpp"
#include "spawn_work.hpp"

namespace {

// A pooled stack, as every program that counts nanoseconds would take.
boost::fibers::pooled_fixedsize_stack& stacks() {
    static boost::fibers::pooled_fixedsize_stack all(64 * 1024);
    return all;
}

measure::result two_yield(std::uint64_t n) {
    measure::result got;
    auto body = [n, &got] {
        const measure::window w;
        for (std::uint64_t i = 0; i < n / 2; ++i)
            boost::this_fiber::yield();
        got = w.stop(static_cast<double>(n));
    };
    boost::fibers::fiber a(std::allocator_arg, stacks(), body);
    boost::fibers::fiber b(std::allocator_arg, stacks(), body);
    a.join();
    b.join();
    return got;
}

measure::result one_by_one(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        boost::fibers::fiber f(std::allocator_arg, stacks(), [&sum, i] { sum += i; });
        f.join();
    }
    measure::keep(sum);
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"yield/fiber", spawn_work::batch, two_yield},
    {"spawn/fiber", spawn_work::batch, one_by_one},
};

}  // namespace
