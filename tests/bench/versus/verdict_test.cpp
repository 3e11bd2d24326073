// SPDX-License-Identifier: BSL-1.0
#include "report/verdict.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include "sample_findings.hpp"

using namespace versus;

namespace {

std::string joined(const findings& found) {
    std::string text;
    for (const std::string& line : verdict_of(found))
        text += line + '\n';
    return text;
}

bool says(const std::string& text, std::string_view words) {
    INFO(text);
    INFO(words);
    return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("work that waits: who cannot be told apart is named together, and the cheapest is chosen") {
    const auto work = sample::waiting();
    const judgement judged = judge(work);
    CHECK(judged.nature == character::waits);
    REQUIRE(judged.fastest.size() == 2);
    CHECK(judged.choice->mode == "loop");
    const std::string text = joined(sample::all({work}));
    CHECK(says(text, "io-http waits: one after another, the processor is busy 1 % of the time."));
    CHECK(says(text, "too close to each other to tell apart: about 31.0 x the sequential speed"));
    CHECK(says(text, "Of these loop is the simplest that costs least"));
    CHECK(says(text, "On this machine use, for work that waits: loop."));
}

TEST_CASE("work that computes: the one that is fastest in every round wins") {
    const judgement judged = judge(sample::computing());
    CHECK(judged.nature == character::computes);
    REQUIRE(judged.fastest.size() == 1);
    CHECK(judged.choice->mode == "pool");
    const std::string text = joined(sample::all({sample::computing(), sample::waiting()}));
    CHECK(says(text, "pool is fastest: 2.00 x the sequential speed"));
    CHECK(says(text, "What computing on 2 cores buys here: at most 2.00 x the sequential speed (cpu-primes, pool)."));
    CHECK(says(text, "What many tasks on one thread buy for work that computes: at most 1.00 x the sequential speed "
                     "(cpu-primes, loop)."));
    CHECK(says(text, "use, for work that waits: loop; for work that computes: pool."));
    CHECK_FALSE(says(text, "got more than"));
}

TEST_CASE("less CPU time is not worth any amount of memory") {
    const auto work = sample::work("io-files", {sample::mode("sequential", {1, 1, 1}, 0.1),
                                                sample::mode("threads", {0.5, 0.5, 0.5}, 0.20, 16'000),
                                                sample::mode("processes", {0.5, 0.5, 0.5}, 0.15, 100'000)});
    CHECK(judge(work).choice->mode == "threads");
}

TEST_CASE("equal costs go to the simpler mode, which comes first") {
    const auto work = sample::work("mixed", {sample::mode("sequential", {1, 1, 1}, 0.5),
                                             sample::mode("pool", {0.5, 0.5, 0.5}, 0.51, 8192),
                                             sample::mode("threads", {0.49, 0.49, 0.49}, 0.50, 8192)});
    const judgement judged = judge(work);
    CHECK(judged.nature == character::both);
    CHECK(judged.fastest.front()->mode == "threads");
    CHECK(judged.choice->mode == "pool");
}

TEST_CASE("a gain within the noise is no gain") {
    const auto work = sample::work(
        "cpu-primes", {sample::mode("sequential", {1, 1, 1}, 1), sample::mode("pool", {0.8, 1.1, 0.9}, 0.8)});
    const std::string text = joined(sample::all({work}));
    CHECK(says(text, "Nothing is measurably faster than doing one after the other."));
    CHECK(says(text, "for work that computes: sequential"));
}

TEST_CASE("advice names the works where works of one nature disagree") {
    auto other = sample::work("cpu-queens",
                              {sample::mode("sequential", {1, 1, 1}, 1), sample::mode("threads", {0.5, 0.5, 0.5}, 1)});
    CHECK(
        says(joined(sample::all({sample::computing(), other})), "pool (for cpu-primes) and threads (for cpu-queens)"));
}

TEST_CASE("too little work, too few runs, no sequential run: said instead of judged") {
    auto tiny = sample::work("io-files", {sample::mode("sequential", {0.003, 0.003, 0.003}, 0.001),
                                          sample::mode("threads", {0.001, 0.001, 0.001}, 0.001)});
    CHECK(says(joined(sample::all({tiny})), "too little to judge by"));
    CHECK_FALSE(says(joined(sample::all({tiny})), "On this machine"));

    auto few =
        sample::work("io-http", {sample::mode("sequential", {3, 3}, 0.01), sample::mode("loop", {0.1, 0.1}, 0.01)});
    CHECK(says(joined(sample::all({few})), "Fewer than three runs"));
    CHECK_FALSE(says(joined(sample::all({few})), "fastest:"));

    auto alone = sample::work("io-http", {sample::mode("loop", {0.1, 0.1, 0.1}, 0.01)});
    CHECK(says(joined(sample::all({alone})), "nothing can be said about gains"));
}

TEST_CASE("time in line for a core is not taken for waiting, and is told") {
    auto work = sample::computing();
    for (run_figures& run : work.modes[0].runs) {
        run.queued_s = run.wall_s;
        run.wall_s *= 2;
    }
    CHECK(judge(work).nature == character::computes);
    CHECK(says(joined(sample::all({work})), "for up to 50 % of its time sequential work stood in line for a core"));
    CHECK_FALSE(says(joined(sample::all({sample::computing()})), "stood in line"));
}

TEST_CASE("cores that nobody got hold of are no argument against them") {
    // Two threads, one second of CPU time, 0.8 s: something else had three quarters of a core.
    const auto work = sample::work(
        "cpu-primes", {sample::mode("sequential", {1, 1, 1}, 1), sample::mode("pool", {0.8, 0.8, 0.8}, 1)});
    CHECK(says(joined(sample::all({work})), "Of the 2 cores no mode that computes got more than 1.2 at a time"));
    const auto alone = sample::work("cpu-primes", {sample::mode("sequential", {1, 1, 1}, 1)});
    CHECK_FALSE(says(joined(sample::all({alone})), "at a time"));
    CHECK_FALSE(says(joined(sample::all({sample::waiting()})), "at a time"));
}

TEST_CASE("findings with holes are no reason to fall over") {
    CHECK(verdict_of(sample::all({})).empty());
    auto failed = sample::work("mixed", {sample::mode("sequential", {}, 0), sample::mode("loop", {}, 0)});
    failed.error = "loop: open x: No such file or directory";
    auto found = sample::all({failed});
    found.partial = "mixed ended early";
    const std::string text = joined(found);
    CHECK(says(text, "mixed: no run was completed."));
    CHECK(says(text, "This report is not complete: mixed ended early."));
}
