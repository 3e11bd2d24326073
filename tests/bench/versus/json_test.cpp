// SPDX-License-Identifier: BSL-1.0
#include "report/json.hpp"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "measure/figures.hpp"
#include "measure/job.hpp"
#include "sample_findings.hpp"

using namespace versus;
using nlohmann::json;

TEST_CASE("the JSON report holds every run, the medians and the verdict") {
    auto found = sample::all({sample::computing()});
    found.works[0].server = server_figures{12, 50, 400};
    const json out = json::parse(json_report(found, {"use the pool"}));
    CHECK(out.at("partial") == false);
    CHECK(out.at("partial_because").is_null());
    CHECK(out.at("machine").at("cores") == 2);
    CHECK(out.at("verdict") == json::array({"use the pool"}));
    const json& work = out.at("works").at(0);
    CHECK(work.at("work") == "cpu-primes");
    CHECK(work.at("server").at("answers") == 12);
    const json& pool = work.at("modes").at(2);
    CHECK(pool.at("mode") == "pool");
    CHECK(pool.at("runs").size() == 3);
    CHECK(pool.at("median").at("wall_s") == doctest::Approx(0.5));
    CHECK(pool.at("speed_up").at("median") == doctest::Approx(2));
}

TEST_CASE("holes are null, not nonsense") {
    auto found = sample::all({sample::work("io-http", {sample::mode("loop", {}, 0)})});
    found.partial = "interrupted";
    found.works[0].digest.clear();
    const json out = json::parse(json_report(found, {}));
    CHECK(out.at("partial") == true);
    CHECK(out.at("partial_because") == "interrupted");
    CHECK(out.at("works").at(0).at("digest").is_null());
    CHECK(out.at("works").at(0).at("server").is_null());
    CHECK(out.at("works").at(0).at("modes").at(0).at("speed_up").is_null());
}

TEST_CASE("a name that is no UTF-8 does not break the report") {
    auto found = sample::all({});
    found.notes.push_back("open /tmp/\xff\xfe: gone");
    CHECK(json::parse(json_report(found, {})).at("notes").size() == 1);
    run_report failed;
    failed.error = "open \xff";
    CHECK(decode_run_report(encode(failed)).error.starts_with("open "));
}

TEST_CASE("a job comes through the pipe as it was, whatever its files are called") {
    job todo;
    todo.mode = "loop";
    todo.width = 9;
    todo.spec.work = "mixed";
    todo.spec.port = 54321;
    todo.spec.requests = 3;
    todo.spec.below = 1'000'000'000'000;
    todo.spec.board = 12;
    todo.spec.rounds = 77;
    todo.spec.most_bytes = 4096;
    todo.spec.cold = true;
    todo.spec.files = {"/a b", "/new\nline", "/\xff\"quoted\"", ""};
    const job same = decode_job(encode(todo));
    CHECK(same.mode == todo.mode);
    CHECK(same.width == todo.width);
    CHECK(same.spec.work == todo.spec.work);
    CHECK(same.spec.port == todo.spec.port);
    CHECK(same.spec.requests == todo.spec.requests);
    CHECK(same.spec.below == todo.spec.below);
    CHECK(same.spec.board == todo.spec.board);
    CHECK(same.spec.rounds == todo.spec.rounds);
    CHECK(same.spec.most_bytes == todo.spec.most_bytes);
    CHECK(same.spec.cold == todo.spec.cold);
    CHECK(same.spec.files == todo.spec.files);
}

TEST_CASE("half a job is refused") {
    job todo;
    todo.spec.files = {"/one", "/two"};
    const std::string text = encode(todo);
    for (std::size_t length = 0; length < text.size(); ++length) {
        CHECK_THROWS_AS((void)decode_job(text.substr(0, length)), std::exception);
    }
}

TEST_CASE("a run's report comes through the pipe as it was") {
    run_report report;
    report.figures = {1.5, 0.25, 0.125, 0.0625, 4096, 12, 3};
    report.items = 8;
    report.digest = "abc";
    const run_report same = decode_run_report(encode(report));
    CHECK(same.figures.wall_s == 1.5);
    CHECK(same.figures.cpu_s() == 0.375);
    CHECK(same.figures.queued_s == 0.0625);
    CHECK(same.figures.peak_kib == 4096);
    CHECK(same.figures.switches() == 15);
    CHECK(same.items == 8);
    CHECK(same.digest == "abc");
    CHECK(same.error.empty());
}
