// SPDX-License-Identifier: BSL-1.0
#include "plan/time_share.hpp"

#include <doctest/doctest.h>

using namespace versus;

TEST_CASE("more runs, more modes and fewer cores leave less time for each run") {
    const std::vector<std::string> two{"sequential", "pool"};
    const std::vector<std::string> three{"sequential", "pool", "loop"};
    const double base = sequential_time(work_kind::computes, two, 5, 4, 20);
    CHECK(sequential_time(work_kind::computes, two, 10, 4, 20) < base);
    CHECK(sequential_time(work_kind::computes, three, 5, 4, 20) < base);
    CHECK(sequential_time(work_kind::computes, two, 5, 1, 20) < base);
    CHECK(base * 5 * (1 + 1.0 / 4) <= 20);
}

TEST_CASE("neither nothing nor more than is needed") {
    CHECK(sequential_time(work_kind::waits, {"sequential"}, 3, 2, -5) == 0.005);
    CHECK(sequential_time(work_kind::waits, {"sequential"}, 3, 2, 1e6) == 4);
    CHECK(sequential_time(work_kind::waits, {}, 3, 2, 10) > 0);
}

TEST_CASE("the shares of the works that remain use the time up") {
    std::vector<std::string> remaining{"io-http", "cpu-primes", "mixed"};
    double left = 100;
    while (!remaining.empty()) {
        const double share = share_of_first(remaining);
        CHECK(share > 0);
        CHECK(share <= 1);
        left -= left * share;
        remaining.erase(remaining.begin());
    }
    CHECK(left == doctest::Approx(0));
    CHECK(share_of_first({}) == 0);
}
