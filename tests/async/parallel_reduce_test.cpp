// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/parallel_reduce.hpp>

#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

TEST_CASE("a fold is the same as from left to right, whatever the grain") {
    std::vector<std::string> words;
    std::string expected = "start";
    for (int i = 0; i != 1'000; ++i) {
        words.push_back(std::to_string(i));
        expected += words.back();
    }
    auto join = [](std::string a, const std::string& b) { return a + b; };
    for (const int grain : {0, 1, 7, 5'000})
        CHECK(coil::run(coil::parallel_reduce(words, std::string("start"), join, {.grain = grain})) == expected);
}

TEST_CASE("elements may be of another type than the sum; an empty range gives the start") {
    std::vector<int> xs(10'000);
    std::iota(xs.begin(), xs.end(), 0);
    CHECK(coil::run(coil::parallel_reduce(xs, 0L, [](long a, long b) { return a + b; })) == 49'995'000L);
    CHECK(coil::run(coil::parallel_reduce(std::vector<int>{}, 5L, [](long a, long b) { return a + b; })) == 5);
}

TEST_CASE("an operation that cannot join two sums folds in one piece") {
    std::vector<int> xs{1, 2, 3};
    auto spell = [](std::string a, int b) { return a + std::to_string(b); };
    CHECK(coil::run(coil::parallel_reduce(xs, std::string(">"), spell)) == ">123");
}

TEST_CASE("an exception of the operation is thrown") {
    std::vector<int> xs(1'000, 1);
    auto fails = [](int a, int b) -> int {
        if (a + b > 10) throw std::overflow_error("too much");
        return a + b;
    };
    CHECK_THROWS_AS(coil::run(coil::parallel_reduce(xs, 0, fails)), std::overflow_error);
}
