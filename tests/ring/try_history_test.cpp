// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/try_history.hpp>

#include <doctest/doctest.h>

#include <vector>

using coil::ring::try_history;

namespace {
// How many tries are left out before the next.
int left_out(try_history& h) {
    int n = 0;
    while (!h.worth_a_try())
        ++n;
    return n;
}
}  // namespace

TEST_CASE("after each miss more tries are left out, up to fifteen") {
    try_history h;
    CHECK(left_out(h) == 0);
    CHECK(left_out(h) == 0);  // nothing was missed yet
    std::vector<int> all;
    for (int i = 0; i != 6; ++i) {
        h.missed();
        all.push_back(left_out(h));
    }
    CHECK(all == std::vector<int>{1, 3, 7, 15, 15, 15});
}

TEST_CASE("a hit, or word of one, makes the next try worth while") {
    try_history h;
    h.missed();
    h.missed();
    h.more_is_there();
    CHECK(left_out(h) == 0);
    h.missed();
    CHECK(left_out(h) == 1);
}
