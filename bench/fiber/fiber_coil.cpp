// SPDX-License-Identifier: BSL-1.0
// Rows fiber_ready, fiber_yield, fiber_run and fiber_child: coil.
#include <coil/runtime.hpp>

#include <coroutine>
#include <cstdint>

#include "../measure/row.hpp"
#include "fiber_work.hpp"

namespace {

struct is_ready {
    std::uint64_t value;
    bool await_ready() const noexcept { return true; }
    void await_suspend(std::coroutine_handle<>) const noexcept {}
    std::uint64_t await_resume() const noexcept { return value; }
};

measure::result ready(std::uint64_t n) {
    return coil::run(coil::fiber([n] {
        std::uint64_t sum = 0;
        const measure::window w;
        for (std::uint64_t i = 0; i < n; ++i)
            sum += coil::await(is_ready{i});
        measure::keep(sum);
        return w.stop(static_cast<double>(n));
    }));
}

[[gnu::noinline]] coil::task<std::uint64_t> leaf(std::uint64_t x) {
    co_return x;
}

measure::result child(std::uint64_t n) {
    return coil::run(coil::fiber([n] {
        std::uint64_t sum = 0;
        const measure::window w;
        for (std::uint64_t i = 0; i < n; ++i)
            sum += coil::await(leaf(i));
        measure::keep(sum);
        return w.stop(static_cast<double>(n));
    }));
}

measure::result yields(std::uint64_t n) {
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        coil::await(coil::yield());
    return w.stop(static_cast<double>(2 * n));
}

coil::task<measure::result> two_yield(std::uint64_t n) {
    auto body = [n] { return yields(n / 2); };
    auto other = coil::spawn(coil::fiber(body));
    const measure::result got = co_await coil::fiber(body);
    co_await other;
    co_return got;
}

coil::task<measure::result> one_by_one(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        co_await coil::fiber([&sum, i] { sum += i; });
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"fiber_ready/coil", fiber_work::batch, ready},
    {"fiber_child/coil", fiber_work::batch, child},
    {"fiber_yield/coil", fiber_work::batch, [](std::uint64_t n) { return coil::run(two_yield(n)); }},
    {"fiber_run/coil", fiber_work::batch, [](std::uint64_t n) { return coil::run(one_by_one(n)); }},
};

}  // namespace
