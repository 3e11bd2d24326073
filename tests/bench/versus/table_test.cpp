// SPDX-License-Identifier: BSL-1.0
#include "report/table.hpp"

#include <doctest/doctest.h>

#include <sstream>

#include "sample_findings.hpp"

using namespace versus;

TEST_CASE("one row per mode that ran, with medians and the speed-up over sequential") {
    auto work = sample::computing();
    work.modes.push_back(sample::mode("processes", {}, 0));
    const table cells = table_of(work);
    REQUIRE(cells.rows.size() == 4);
    CHECK(cells.rows[2] ==
          std::vector<std::string>{"pool", "2", "500 ms", "2.00 x", "1.00 s", "8.0 MB", "1,234", "234"});
}

TEST_CASE("without a sequential run there is no speed-up") {
    CHECK(table_of(sample::work("io-http", {sample::mode("loop", {1, 1, 1}, 0.1)})).rows.at(0).at(3) == "-");
}

TEST_CASE("on the terminal all lines of a table are equally long") {
    std::istringstream lines(plain_text(table_of(sample::waiting())));
    std::string line;
    std::getline(lines, line);
    const std::size_t width = line.size();
    std::size_t rows = 0;
    for (; std::getline(lines, line); ++rows)
        CHECK(line.size() == width);
    CHECK(rows == 4);
}

TEST_CASE("a work that ended early says why, under what it has") {
    auto work = sample::computing();
    work.error = "pool: something";
    const std::string text = plain_text(work);
    CHECK(text.find("cpu-primes (io-bound): so much of it") == 0);
    CHECK(text.find("medians of 3 runs") != std::string::npos);
    CHECK(text.find("ended early: pool: something") != std::string::npos);
    CHECK(plain_text(sample::work("mixed", {})).find("median") == std::string::npos);
}

TEST_CASE("unequal numbers of runs are told") {
    auto work = sample::work("mixed", {sample::mode("sequential", {1, 1}, 1), sample::mode("loop", {1}, 1)});
    CHECK(plain_text(work).find("medians of 1 to 2 runs") != std::string::npos);
}
