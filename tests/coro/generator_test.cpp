// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/generator.hpp>

#include "counted.hpp"

#include <doctest/doctest.h>

#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using coil::generator;

generator<int> count_to(int n) {
    for (int i = 1; i <= n; ++i) co_yield i;
}

static_assert(std::input_iterator<decltype(std::declval<generator<int>&>().begin())>);
static_assert(std::is_same_v<decltype(*std::declval<generator<int>&>().begin()), int&>);
static_assert(std::is_same_v<decltype(*std::declval<generator<const int&>&>().begin()), const int&>);

TEST_CASE("a generator yields its values in order, and none if it has none") {
    std::vector<int> seen;
    for (const int v : count_to(4)) seen.push_back(v);
    CHECK(seen == std::vector{1, 2, 3, 4});
    for (const int v : count_to(0)) FAIL("a value out of nothing: " << v);
}

TEST_CASE("the body runs only as far as it is asked") {
    int reached = 0;
    auto body = [&]() -> generator<int> {
        for (;;) co_yield ++reached;
    };
    {
        generator<int> g = body();
        CHECK(reached == 0);
        auto i = g.begin();
        CHECK(reached == 1);
        ++i;
        CHECK(reached == 2);
        CHECK(*i == 2);
    }
    CHECK(reached == 2);
}

TEST_CASE("what is yielded is not copied, and may be changed by the loop") {
    counted::reset();
    auto body = []() -> generator<counted> {
        counted c(1);
        co_yield c;
        CHECK(c.value == 10);
        co_yield counted(2);
        const counted fixed(3);
        co_yield fixed;
    };
    int sum = 0;
    for (counted& c : body()) {
        sum += c.value;
        c.value *= 10;
    }
    CHECK(sum == 6);
    CHECK(counted::copies == 1);  // of the constant one: what the loop gets may be changed
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("references are yielded as they are") {
    std::vector<std::string> words{"a", "b"};
    auto each = [&]() -> generator<std::string&> {
        for (std::string& w : words) co_yield w;
    };
    for (std::string& w : each()) w += '!';
    CHECK(words == std::vector<std::string>{"a!", "b!"});
    auto read = [&]() -> generator<const std::string&> {
        for (const std::string& w : words) co_yield w;
    };
    std::size_t i = 0;
    for (const std::string& w : read()) CHECK(&w == &words[i++]);
}

TEST_CASE("values that can only be moved come out") {
    auto body = []() -> generator<std::unique_ptr<int>> {
        for (int i = 0; i != 3; ++i) co_yield std::make_unique<int>(i);
    };
    std::vector<std::unique_ptr<int>> all;
    for (std::unique_ptr<int>& p : body()) all.push_back(std::move(p));
    CHECK(*all[2] == 2);
}

TEST_CASE("an exception comes out of begin or of ++, and the sequence is over") {
    auto body = [](int when) -> generator<int> {
        for (int i = 0;; ++i) {
            if (i == when) throw std::runtime_error("x");
            co_yield i;
        }
    };
    generator<int> at_once = body(0);
    CHECK_THROWS_AS(at_once.begin(), std::runtime_error);
    generator<int> later = body(2);
    auto i = later.begin();
    ++i;
    CHECK(*i == 1);
    CHECK_THROWS_AS(++i, std::runtime_error);
    CHECK((i == later.end()));
    const doctest::Contains at_its_line("generator_test.cpp:");
    CHECK_THROWS_WITH_AS(later.begin(), at_its_line, std::logic_error);
}

TEST_CASE("a generator that has ended, or was moved from, is refused at the line that asks") {
    const doctest::Contains at_its_line("generator_test.cpp:");
    generator<int> none = []() -> generator<int> { co_return; }();
    CHECK((none.begin() == none.end()));
    CHECK_THROWS_WITH_AS(none.begin(), at_its_line, std::logic_error);
    const generator<int> other = std::move(none);
    CHECK_THROWS_WITH_AS(none.begin(), at_its_line, std::logic_error);
}

TEST_CASE("destroyed in the middle, a generator destroys what its body has") {
    counted::reset();
    auto body = [](counted) -> generator<int> {
        const counted local(1);
        co_yield 1;
        co_yield 2;
    };
    {
        generator<int> unbegun = body(counted(1));
        generator<int> g = body(counted(2));
        CHECK(*g.begin() == 1);
        CHECK(counted::living == 3);
        generator<int> moved(std::move(g));
        CHECK(counted::living == 3);
        moved = body(counted(3));
    }
    CHECK(counted::living == 0);
    CHECK(counted::mistakes == 0);
}

TEST_CASE("generators nest") {
    struct tree {
        static generator<int> walk(int from, int to) {
            if (from > to) co_return;
            const int middle = (from + to) / 2;
            for (const int v : walk(from, middle - 1)) co_yield v;
            co_yield middle;
            for (const int v : walk(middle + 1, to)) co_yield v;
        }
    };
    int expected = 1;
    for (const int v : tree::walk(1, 500)) CHECK(v == expected++);
    CHECK(expected == 501);
}

}  // namespace
