// SPDX-License-Identifier: BSL-1.0
#include "server/answer.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "server/delay.hpp"
#include "server/lateness.hpp"

using namespace versus;
using namespace std::chrono_literals;

TEST_CASE("delays lie in the spread, differ, and any few of them have nearly the mean of many") {
    std::chrono::microseconds least = 1h;
    std::chrono::microseconds most{};
    for (std::size_t id = 0; id < 1000; ++id) {
        least = std::min(least, delay_of(id));
        most = std::max(most, delay_of(id));
    }
    CHECK(least >= 1ms);
    CHECK(least < 1100us);
    CHECK(most <= 50ms);
    CHECK(most > 49ms);
    const double mean = static_cast<double>(delay_of_all(1000).count()) / 1000;
    CHECK(static_cast<double>(delay_of_all(50).count()) / 50 == doctest::Approx(mean).epsilon(0.1));
    CHECK(delay_of_all(0) == 0us);
}

TEST_CASE("an answer depends on the request alone, and holds its id and its body") {
    const planned_answer answer = answer_to({"POST", "/item/12", "abc"});
    CHECK(answer.delay == delay_of(12));
    CHECK(parse_answer(answer.text).find("item 12 ") == 0);
    CHECK(parse_answer(answer.text).find("abc") != std::string_view::npos);
    CHECK(answer_to({"POST", "/item/12", "abc"}).text == answer.text);
    CHECK(answer_to({"POST", "/item/13", "abc"}).text != answer.text);
}

TEST_CASE("anything else is not found, at once") {
    for (const char* target : {"/", "/item/", "/item/-1", "/item/1x", "/item/99999999999999999999999", "/other/1"}) {
        const planned_answer answer = answer_to({"GET", target, ""});
        CHECK(answer.delay == 0us);
        CHECK(answer.text.find("HTTP/1.1 404") == 0);
    }
}

TEST_CASE("lateness tells median and 99th percentile") {
    lateness late;
    for (int us = 100; us > 0; --us)
        late.add(std::chrono::microseconds(us));
    const auto figures = nlohmann::json::parse(late.json());
    CHECK(figures.at("answers") == 100);
    CHECK(figures.at("late_median_us") == 50);
    CHECK(figures.at("late_p99_us") == 99);
    CHECK(nlohmann::json::parse(lateness().json()).at("answers") == 0);
}
