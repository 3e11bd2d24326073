// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/region.hpp>

#include <doctest/doctest.h>

#include <cstddef>
#include <vector>

namespace {

using coil::region;

TEST_CASE("nothing reaches code in no region, or in regions that nobody stopped") {
    CHECK_FALSE(region::reaches(nullptr));
    region outer;
    region inner(&outer);
    CHECK_FALSE(region::reaches(&inner));
}

TEST_CASE("a stop reaches its own region and those inside, not those outside") {
    region outer;
    region middle(&outer);
    region inner(&middle);
    middle.stopped = true;
    CHECK(region::reaches(&inner));
    CHECK(region::reaches(&middle));
    CHECK_FALSE(region::reaches(&outer));
}

TEST_CASE("a shield keeps off what comes from further out, and nothing else") {
    region outer;
    region shield(&outer, true);
    region inner(&shield);
    outer.stopped = true;
    CHECK(region::reaches(&outer));
    CHECK_FALSE(region::reaches(&shield));
    CHECK_FALSE(region::reaches(&inner));
    inner.stopped = true;
    CHECK(region::reaches(&inner));
    CHECK_FALSE(region::reaches(&shield));
    // the shield's own region may be stopped like any other
    inner.stopped = false;
    shield.stopped = true;
    CHECK(region::reaches(&shield));
    CHECK(region::reaches(&inner));
}

TEST_CASE("from outside means further out than the region itself") {
    region outer;
    region middle(&outer);
    region inner(&middle);
    inner.stopped = true;
    CHECK_FALSE(region::reaches_from_outside(inner));
    outer.stopped = true;
    CHECK(region::reaches_from_outside(inner));
    CHECK(region::reaches_from_outside(middle));
    CHECK_FALSE(region::reaches_from_outside(outer));
    region shield(&outer, true);
    CHECK_FALSE(region::reaches_from_outside(shield));
}

// Every row of shields and stops, against the rule said in other words: from inside out, up to and with the first shield.
TEST_CASE("the walk is right for every chain of five") {
    constexpr std::size_t depth = 5;
    for (unsigned bits = 0; bits != 1u << (2 * depth); ++bits) {
        std::vector<region> chain(depth);
        for (std::size_t i = 0; i != depth; ++i) {
            chain[i].outer = i + 1 == depth ? nullptr : &chain[i + 1];
            chain[i].stopped = (bits >> i) & 1;
            chain[i].shielded = (bits >> (i + depth)) & 1;
        }
        bool expected = false;
        for (const region& r : chain) {
            expected = expected || r.stopped;
            if (r.shielded) break;
        }
        REQUIRE(region::reaches(&chain[0]) == expected);
    }
}

}  // namespace
