// SPDX-License-Identifier: BSL-1.0
// Rows fiber_yield and fiber_run: Boost.Fiber.
#include <boost/fiber/all.hpp>

#include <cstdint>
#include <memory>

#include "../measure/row.hpp"
#include "fiber_work.hpp"

namespace {

boost::fibers::pooled_fixedsize_stack& stacks() {
    static boost::fibers::pooled_fixedsize_stack all(fiber_work::stack_bytes);
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

// Begun at once, so that nobody else is asked in between.
measure::result one_by_one(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        boost::fibers::fiber f(boost::fibers::launch::dispatch, std::allocator_arg, stacks(), [&sum, i] { sum += i; });
        f.join();
    }
    measure::keep(sum);
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"fiber_yield/fiber", fiber_work::batch, two_yield},
    {"fiber_run/fiber", fiber_work::batch, one_by_one},
};

}  // namespace
