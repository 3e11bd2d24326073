// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/parallel_map.hpp>

#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <forward_list>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

TEST_CASE("results come in the order of the elements") {
    std::vector<int> xs(5'000);
    std::iota(xs.begin(), xs.end(), 0);
    auto ys = coil::run(coil::parallel_map(xs, [](int x) { return std::to_string(x); }));
    REQUIRE(ys.size() == xs.size());
    int wrong = 0;
    for (std::size_t i = 0; i != ys.size(); ++i) wrong += ys[i] != std::to_string(i);
    CHECK(wrong == 0);
}

TEST_CASE("results need no default constructor, may be moved only, and bits do not share bytes") {
    struct box {
        explicit box(int x) : value(std::make_unique<int>(x)) {}
        std::unique_ptr<int> value;
    };
    auto boxes = coil::run(coil::parallel_map(std::vector<int>{1, 2, 3}, [](int x) { return box(x); }, {.grain = 1}));
    CHECK(*boxes[2].value == 3);
    auto odd = coil::run(coil::parallel_map(std::vector<int>(4096, 1), [](int x) { return x % 2 == 1; }, {.grain = 1}));
    CHECK(odd == std::vector<bool>(4096, true));
}

TEST_CASE("a range that cannot be indexed is copied, an empty one gives nothing, elements may be changed") {
    std::forward_list<int> list{3, 4};
    CHECK(coil::run(coil::parallel_map(list, [](int x) { return 2 * x; })) == std::vector<int>{6, 8});
    CHECK(coil::run(coil::parallel_map(std::vector<int>{}, [](int x) { return x; })).empty());
    std::vector<int> xs{1, 2};
    coil::run(coil::parallel_map(xs, [](int& x) { return x++; }));
    CHECK(xs == std::vector<int>{2, 3});
}

TEST_CASE("an exception of a call is thrown") {
    std::vector<int> xs(100, 1);
    auto fails = [](int) -> int { throw std::domain_error("no"); };
    CHECK_THROWS_AS(coil::run(coil::parallel_map(xs, fails)), std::domain_error);
}
