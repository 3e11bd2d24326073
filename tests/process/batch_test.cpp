// SPDX-License-Identifier: BSL-1.0
#include <coil/process/batch.hpp>

#include <coil/process/pool_calls.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <vector>

namespace process = coil::process;

namespace {
int twice(int x) { return 2 * x; }
}  // namespace

// How a pool deals with batches is tested in pool_test.cpp.
TEST_CASE("batch: gives arguments as often as it is asked, takes results in any order, keeps the first error") {
    const std::vector<int> xs{3, 4};
    process::map_batch<&twice, std::vector<int>> b(xs, 0);
    for (int again = 0; again < 2; ++again) {
        process::encoder to;
        b.arguments(1, to);
        process::decoder from(to.message());
        CHECK(process::decode<int>(from) == 4);
    }
    for (const std::size_t i : {std::size_t{1}, std::size_t{0}}) {
        process::encoder to;
        process::encode(to, twice(xs[i]));
        process::decoder from(to.message());
        b.accept(i, from);
    }
    CHECK(!b.has_news());
    CHECK(b.take() == std::vector<int>{6, 8});
    CHECK(b.fail(0, std::make_exception_ptr(std::runtime_error("first"))));
    CHECK(b.fail(1, std::make_exception_ptr(std::runtime_error("second"))));
    CHECK_THROWS_WITH_AS(b.take(), "first", std::runtime_error);
}
