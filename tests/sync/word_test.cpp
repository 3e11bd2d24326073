// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/word.hpp>

#include "../coro/partner.hpp"

#include <doctest/doctest.h>

#include <atomic>

namespace {

TEST_CASE("a word is replaced if it is as expected; else the caller learns what it is") {
    std::atomic<int> word{3};
    int expected = 4;
    CHECK_FALSE(coil::replace(word, expected, 5));
    CHECK(expected == 3);
    CHECK(coil::replace(word, expected, 5));
    CHECK(word == 5);
}

TEST_CASE("of two threads that replace a word, one does") {
    partner other;
    for (unsigned round = 0; round != 2000; ++round) {
        std::atomic<int> word{0};
        int winners = 0;
        std::atomic<int> theirs{0};
        other.together(
            [&] {
                int expected = 0;
                if (coil::replace(word, expected, 1)) theirs = 1;
            },
            [&] {
                int expected = 0;
                if (coil::replace(word, expected, 2)) winners = 1;
            });
        REQUIRE(winners + theirs == 1);
    }
}

}  // namespace
