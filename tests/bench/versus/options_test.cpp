// SPDX-License-Identifier: BSL-1.0
#include "cli/options.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace versus;

namespace {

options accepted(const std::vector<std::string>& args) {
    auto parsed = parse_options(args);
    if (const auto* text = std::get_if<text_only>(&parsed)) throw std::runtime_error(text->text);
    return std::get<options>(parsed);
}

text_only refused(const std::vector<std::string>& args) {
    auto parsed = parse_options(args);
    REQUIRE(std::holds_alternative<text_only>(parsed));
    return std::get<text_only>(parsed);
}

}  // namespace

TEST_CASE("without options: everything, five runs, two minutes") {
    const options asked = accepted({});
    CHECK(asked.dir == "/usr/share/doc");
    CHECK(asked.works ==
          std::vector<std::string>{"io-http", "io-files", "cpu-sha256", "cpu-primes", "cpu-queens", "mixed"});
    CHECK(asked.modes.front() == "sequential");
    CHECK(asked.runs == 5);
    CHECK_FALSE(asked.runs_given);
    CHECK(asked.seconds == 120);
    CHECK_FALSE(asked.requests);
    CHECK(asked.json == "report.json");
    CHECK(asked.html == "report.html");
}

TEST_CASE("--quick means fewer runs and less time, unless the runs were given") {
    CHECK(accepted({"--quick"}).seconds == 20);
    CHECK(accepted({"--quick"}).runs == 3);
    CHECK(accepted({"--quick", "--runs", "7"}).runs == 7);
    CHECK(accepted({"--runs", "7"}).runs_given);
    CHECK(accepted({"--seconds", "300"}).seconds == 300);
    CHECK(refused({"--quick", "--seconds", "300"}).exit_status == 2);
}

TEST_CASE("chosen works and modes come in the order of the catalog, once each") {
    const options asked = accepted({"--only", "mixed,io-http", "--only", "mixed", "--modes", "threads,sequential"});
    CHECK(asked.works == std::vector<std::string>{"io-http", "mixed"});
    CHECK(asked.modes == std::vector<std::string>{"sequential", "threads"});
}

TEST_CASE("the other options arrive where they belong") {
    const options asked =
        accepted({"--dir", "/srv", "--requests", "200", "--in-flight=9", "--warm", "--json", "a", "--html", "b"});
    CHECK(asked.dir == "/srv");
    CHECK(asked.requests == 200u);
    CHECK(asked.in_flight == 9);
    CHECK(asked.warm);
    CHECK(asked.json == "a");
    CHECK(asked.html == "b");
    CHECK(accepted({"--list"}).list);
}

TEST_CASE("what is wrong is named, and the exit status is not 0") {
    struct wrong {
        std::vector<std::string> args;
        const char* named;
    };
    for (const wrong& each :
         {wrong{{"--fast"}, "--fast"}, wrong{{"stray"}, "stray"}, wrong{{"--only", "io-tape"}, "io-tape"},
          wrong{{"--modes", "magic"}, "magic"}, wrong{{"--runs", "0"}, "--runs"}, wrong{{"--runs", "many"}, "many"},
          wrong{{"--requests", "-1"}, "--requests"}, wrong{{"--in-flight", "100000"}, "--in-flight"},
          wrong{{"--seconds", "1"}, "--seconds"}, wrong{{"--dir"}, "--dir"}}) {
        const text_only answer = refused(each.args);
        INFO(answer.text);
        CHECK(answer.exit_status == 2);
        CHECK(answer.text.find(each.named) != std::string::npos);
        CHECK(answer.text.find("--help") != std::string::npos);
    }
}

TEST_CASE("help names every option, every work and every mode") {
    const text_only help = refused({"--help"});
    CHECK(help.exit_status == 0);
    for (const char* word :
         {"--dir", "--quick", "--seconds", "--only", "--modes", "--runs", "--requests", "--in-flight", "--warm",
          "--json", "--html", "--list", "io-http", "cpu-queens", "sequential", "processes", "Exit status"}) {
        INFO(word);
        CHECK(help.text.find(word) != std::string::npos);
    }
    for (const char* secret : {"@server", "@worker", "@measured"})
        CHECK(help.text.find(secret) == std::string::npos);
}
