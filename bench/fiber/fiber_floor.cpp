// SPDX-License-Identifier: BSL-1.0
// Rows fiber_ready, fiber_yield and fiber_run: the floor. A call; Boost.Context by hand, as its functions (floor) and as
// its class (context).
#include <boost/context/detail/fcontext.hpp>
#include <boost/context/fiber.hpp>
#include <boost/context/fixedsize_stack.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "../measure/row.hpp"
#include "fiber_work.hpp"

namespace {

namespace ctx = boost::context::detail;

[[gnu::noinline]] std::uint64_t value_of(std::uint64_t i) {
    asm volatile("" : "+r"(i));
    return i;
}

measure::result calls(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        sum += value_of(i);
    measure::keep(sum);
    return w.stop(static_cast<double>(n));
}

void comes_back(ctx::transfer_t from) {
    for (;;)
        from = ctx::jump_fcontext(from.fctx, nullptr);
}

// An operation is one switch; two stacks take turns.
measure::result switches(std::uint64_t n) {
    const auto stack = std::make_unique<std::byte[]>(fiber_work::stack_bytes);
    void* other = ctx::make_fcontext(stack.get() + fiber_work::stack_bytes, fiber_work::stack_bytes, &comes_back);
    const measure::window w;
    for (std::uint64_t i = 0; i < n / 2; ++i)
        other = ctx::jump_fcontext(other, nullptr).fctx;
    return w.stop(static_cast<double>(n));
}

measure::result switches_of_class(std::uint64_t n) {
    boost::context::fiber other{[](boost::context::fiber&& from) {
        for (;;)
            from = std::move(from).resume();
        return std::move(from);
    }};
    const measure::window w;
    for (std::uint64_t i = 0; i < n / 2; ++i)
        other = std::move(other).resume();
    return w.stop(static_cast<double>(n));
}

void adds(ctx::transfer_t from) {
    auto& add = *static_cast<std::pair<std::uint64_t*, std::uint64_t>*>(from.data);
    *add.first += add.second;
    ctx::jump_fcontext(from.fctx, nullptr);
}

measure::result runs(std::uint64_t n) {
    const auto stack = std::make_unique<std::byte[]>(fiber_work::stack_bytes);
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        std::pair<std::uint64_t*, std::uint64_t> add(&sum, i);
        ctx::jump_fcontext(ctx::make_fcontext(stack.get() + fiber_work::stack_bytes, fiber_work::stack_bytes, &adds), &add);
    }
    measure::keep(sum);
    return w.stop(static_cast<double>(n));
}

measure::result runs_of_class(std::uint64_t n) {
    boost::context::pooled_fixedsize_stack stacks(fiber_work::stack_bytes);
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        boost::context::fiber f(std::allocator_arg, stacks, [&sum, i](boost::context::fiber&& from) {
            sum += i;
            return std::move(from);
        });
        std::move(f).resume();
    }
    measure::keep(sum);
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"fiber_ready/call", fiber_work::batch, calls},
    {"fiber_yield/floor", fiber_work::batch, switches},
    {"fiber_yield/context", fiber_work::batch, switches_of_class},
    {"fiber_run/floor", fiber_work::batch, runs},
    {"fiber_run/context", fiber_work::batch, runs_of_class},
};

}  // namespace
