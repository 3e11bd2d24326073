// SPDX-License-Identifier: BSL-1.0
#include "report/quantity.hpp"

#include <doctest/doctest.h>

using namespace versus;

TEST_CASE("counts are grouped by three") {
    CHECK(count_text(0) == "0");
    CHECK(count_text(999) == "999");
    CHECK(count_text(1000) == "1,000");
    CHECK(count_text(1234567) == "1,234,567");
}

TEST_CASE("times have three digits and the unit that fits") {
    CHECK(time_text(0) == "0.00 us");
    CHECK(time_text(0.0000951) == "95.1 us");
    CHECK(time_text(0.000999) == "999 us");
    CHECK(time_text(0.0009996) == "1.00 ms");
    CHECK(time_text(0.812) == "812 ms");
    CHECK(time_text(0.9996) == "1.00 s");
    CHECK(time_text(3.021) == "3.02 s");
    CHECK(time_text(1234.5) == "1234 s");
}

TEST_CASE("memory, ratios and shares") {
    CHECK(memory_text(512) == "512 KB");
    CHECK(memory_text(8294) == "8.1 MB");
    CHECK(memory_text(3 * 1024 * 1024) == "3.0 GB");
    CHECK(ratio_text(0.87) == "0.87 x");
    CHECK(ratio_text(1.934) == "1.93 x");
    CHECK(ratio_text(9.996) == "10.0 x");
    CHECK(ratio_text(31.42) == "31.4 x");
    CHECK(percent_text(0.034) == "3 %");
    CHECK(percent_text(1) == "100 %");
}
