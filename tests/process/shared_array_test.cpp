// SPDX-License-Identifier: BSL-1.0
#include <coil/process/shared_array.hpp>

#include "other_process.hpp"

#include <doctest/doctest.h>

#include <limits>
#include <new>
#include <numeric>
#include <stdexcept>
#include <system_error>

using namespace process_test;
namespace process = coil::process;

TEST_CASE(CHILD("doubles an array")) {
    given objects;
    auto xs = objects.take<process::shared_array<double>>();
    CHECK(xs.size() == 1000);
    for (double& x : xs)
        x *= 2;
}

TEST_CASE("an array is written in one process and read in another") {
    process::shared_array<double> xs{1000};
    CHECK(xs[999] == 0);
    std::iota(xs.begin(), xs.end(), 0.0);
    other_process other("doubles an array", message_of(xs));
    CHECK(other.wait() == 0);
    CHECK(xs[999] == 1998);
    CHECK(xs.span().size() == 1000);
    CHECK_THROWS_AS(xs.at(1000), std::out_of_range);
}

TEST_CASE("an array of nothing is empty; of less than that, or of too much, none") {
    process::shared_array<int> none{0};
    CHECK(none.empty());
    CHECK(none.begin() == none.end());
    CHECK(again(none).empty());
    CHECK_THROWS_AS(process::shared_array<int>{-1}, std::invalid_argument);
    CHECK_THROWS_AS(process::shared_array<int>{std::numeric_limits<std::uint64_t>::max()}, std::bad_array_new_length);
    CHECK_THROWS_AS(process::shared_array<char>{std::uint64_t{1} << 60}, std::system_error);
}

TEST_CASE("a message that promises more elements than there are is refused") {
    process::shared_array<char> xs{10};
    process::encoder e = message_of(xs);
    auto bytes = e.take_message();
    bytes[1] = std::byte{1};
    process::decoder d(bytes, e.take_descriptors());
    CHECK_THROWS_AS(process::shared_array<char>::decode(d), std::system_error);
}
