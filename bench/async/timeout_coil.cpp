// SPDX-License-Identifier: BSL-1.0
// Row timeout: what a timeout adds to an await of something that is ready.
#include <coil/runtime.hpp>

#include <chrono>
#include <cstdint>

#include "../measure/row.hpp"

namespace {

using namespace std::chrono_literals;

[[gnu::noinline]] coil::task<std::uint64_t> leaf(std::uint64_t x) {
    co_return x;
}

coil::task<measure::result> without(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        sum += co_await leaf(i);
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> with(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        sum += co_await coil::timeout(1s, leaf(i));
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"timeout/without", 500'000, [](std::uint64_t n) { return coil::run(without(n)); }},
    {"timeout/coil", 500'000, [](std::uint64_t n) { return coil::run(with(n)); }},
};

}  // namespace
