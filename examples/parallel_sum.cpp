// SPDX-License-Identifier: BSL-1.0
// Sums on all cores: a million numbers are made, added up and searched by the pool, in pieces that its workers steal
// from each other, while the loop stays free. The answers are those of one core.
//
// Run it: build/examples/parallel_sum
// It prints
//    1000000 numbers, <n> workers
//    on one core: sum 499500000, largest 999
//    on the pool: sum 499500000, largest 999
//    an error comes out of the pool as itself: number 500000 is 0
#include <coil/coil.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <limits>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::size_t count = 1'000'000;

coil::task<> amain() {
    std::printf("%zu numbers, %u workers\n", count, coil::pool().size());

    // each piece writes its own elements: nothing is shared, nothing is locked
    std::vector<int> numbers(count);
    co_await coil::parallel_for(0, count, [&](std::size_t i) { numbers[i] = static_cast<int>(i * 7919 % 1000); });

    const long on_one_core = std::accumulate(numbers.begin(), numbers.end(), 0L);
    const int largest_on_one_core = *std::max_element(numbers.begin(), numbers.end());
    std::printf("on one core: sum %ld, largest %d\n", on_one_core, largest_on_one_core);

    // two at once: while one waits for its last piece, the workers are busy with the other
    auto [sum, largest] = co_await coil::when_all(
        coil::parallel_reduce(numbers, 0L, [](long a, long b) { return a + b; }),
        coil::parallel_reduce(numbers, std::numeric_limits<int>::min(), [](int a, int b) { return std::max(a, b); }));
    std::printf("on the pool: sum %ld, largest %d\n", sum, largest);

    try {
        co_await coil::parallel_for(0, count, [&](std::size_t i) {
            if (i == count / 2)
                throw std::runtime_error("number " + std::to_string(i) + " is " + std::to_string(numbers[i]));
        });
    } catch (const std::runtime_error& e) {  // the first one stops the other pieces
        std::printf("an error comes out of the pool as itself: %s\n", e.what());
    }
}

}  // namespace

int main() {
    try {
        coil::run(amain());
    } catch (const std::exception& e) {
        std::fprintf(stderr, "parallel_sum: %s\n", e.what());
        return 1;
    }
}
