// SPDX-License-Identifier: BSL-1.0
#include "report/statistics.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace versus;
using values = std::vector<double>;

TEST_CASE("the median is the value in the middle, whatever the order") {
    CHECK(median({}) == 0);
    CHECK(median({4}) == 4);
    CHECK(median({9, 1, 2}) == 2);
    CHECK(median({8, 1, 2, 4}) == 3);
}

TEST_CASE("ratios pair the rounds and pass over what cannot be divided by") {
    const paired_ratio r = ratios(values{2, 9, 4, 7}, values{1, 3, 4, 0});
    CHECK(r.pairs == 3);
    CHECK(r.median == 2);
    CHECK(r.least == 1);
    CHECK(r.most == 3);
    CHECK(ratios(values{1, 2, 3}, values{1}).pairs == 1);
    CHECK(ratios(values{}, values{1}).pairs == 0);
}

TEST_CASE("a drift that both share is no difference, and hides none") {
    CHECK(compare(values{1, 2, 4}, values{1.01, 2.02, 4.04}) == standing::alike);
    CHECK(compare(values{1, 2, 4}, values{2, 4, 8}) == standing::shorter);
    CHECK(compare(values{2, 4, 8}, values{1, 2, 4}) == standing::longer);
}

TEST_CASE("rounds that disagree, too few rounds and small differences decide nothing") {
    CHECK(compare(values{1, 1, 3}, values{2, 2, 2}) == standing::alike);
    CHECK(compare(values{1, 1}, values{9, 9}) == standing::alike);
    CHECK(compare(values{1, 1, 1}, values{1.04, 1.04, 1.04}) == standing::alike);
    CHECK(compare(values{1, 1, 1}, values{1.06, 1.06, 1.06}) == standing::shorter);
}
