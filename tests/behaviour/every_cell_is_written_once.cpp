// SPDX-License-Identifier: BSL-1.0
// Forked and stolen, spawned, or cut up by a parallel loop: each of many steps on the pool is made exactly once.
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace {

using bad_day::expect;
using bad_day::expect_equal;
using coil::task;

// Nobody else's: a step that is made twice at the same time is a race, too.
using cells = std::vector<unsigned char>;

task<> forks(cells& c, std::size_t first, std::size_t last) {
    if (last - first == 1) {
        ++c[first];
        co_return;
    }
    const std::size_t third = std::max<std::size_t>((last - first) / 3, 1);
    co_await coil::when_all(forks(c, first, first + third), forks(c, first + third, last));
}

task<> spawns(cells& c, std::size_t first, std::size_t last) {
    if (last - first == 1) {
        ++c[first];
        co_return;
    }
    const std::size_t middle = first + (last - first) / 2;
    auto left = coil::spawn(spawns(c, first, middle));
    co_await spawns(c, middle, last);
    co_await left;
}

void expect_once(cells& c, const char* what) {
    expect_equal(std::count(c.begin(), c.end(), 1), static_cast<long>(c.size()), what);
    std::fill(c.begin(), c.end(), static_cast<unsigned char>(0));
}

task<> amain(std::size_t count) {
    cells c(count);
    co_await coil::on_pool(forks(c, 0, count));
    expect_once(c, "forked");
    co_await coil::on_pool(spawns(c, 0, count));
    expect_once(c, "spawned");
    co_await coil::parallel_for(0, count, [&](std::size_t i) { ++c[i]; }, {.grain = 1});
    expect_once(c, "of a parallel loop");
    std::vector<std::size_t> numbers(count);
    for (std::size_t i = 0; i != count; ++i)
        numbers[i] = i;
    const auto mapped = co_await coil::parallel_map(numbers, [&](std::size_t i) { return ++c[i], i; });
    expect(mapped == numbers, "a parallel map keeps the order");
    expect_once(c, "mapped");
    const std::size_t sum =
        co_await coil::parallel_reduce(numbers, std::size_t{0}, [](std::size_t a, std::size_t b) { return a + b; });
    expect_equal(sum, count * (count - 1) / 2, "reduced");
}

}  // namespace

// Small trees, between which the workers fall idle: everybody wants the same few steps.
task<> scrambles(long times) {
    cells c(64);
    for (long i = 0; i != times; ++i) {
        co_await coil::on_pool(forks(c, 0, c.size()));
        if (std::count(c.begin(), c.end(), 1) != 64) expect_once(c, "in a scramble");
        std::fill(c.begin(), c.end(), static_cast<unsigned char>(0));
        if (i % 64 == 0) ++bad_day::progress;
    }
}

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const bool full = bad_day::is_full(argc, argv);
    coil::set_log_hook([](std::string_view) noexcept {});  // more workers than the machine can run: it says so
    for (const int workers : {2, 3, 8})
        coil::run(scrambles(full ? 200'000 : full_size(4000)), {.pool_size = workers});
    for (int i = 0; i != (full ? 20 : 3); ++i)
        coil::run(amain(full ? 1'000'000 : static_cast<std::size_t>(full_size(100'000))), {.pool_size = 1 + i % 3});
    return bad_day::verdict();
}
