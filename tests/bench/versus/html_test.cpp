// SPDX-License-Identifier: BSL-1.0
#include "report/html.hpp"

#include <doctest/doctest.h>

#include "report/chart.hpp"
#include "report/html_text.hpp"
#include "sample_findings.hpp"

using namespace versus;

TEST_CASE("nothing that a file name may hold becomes markup") {
    CHECK(html_text("a<b>&\"c\"'d'") == "a&lt;b&gt;&amp;&quot;c&quot;&#39;d&#39;");
    CHECK(html_text("tab\tand\nline") == "tab\tand\nline");
    CHECK(html_text(std::string_view("\x01\x7f\0", 3)) == "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
    CHECK(html_text("\xc3\xa4") == "\xc3\xa4");
}

TEST_CASE("the page holds table, verdict, notes, charts, and the reason for what is missing") {
    auto found = sample::all({sample::computing()});
    found.notes = {"<script>note</script>"};
    found.partial = "interrupted & so on";
    found.works[0].error = "pool: open /x<y: gone";
    drawn_charts charts;
    charts.speed_up = "<svg id='all'></svg>";
    charts.works = {"<svg id='one'></svg>"};
    const std::string page = html_report(found, {"use <the> pool"}, charts);
    for (const char* part :
         {"<!DOCTYPE html>", "<svg id='all'></svg>", "<svg id='one'></svg>", "use &lt;the&gt; pool",
          "&lt;script&gt;note", "interrupted &amp; so on", "/x&lt;y", "<td>2.00 x</td>", "</html>"}) {
        INFO(part);
        CHECK(page.find(part) != std::string::npos);
    }
    CHECK(page.find("<script>") == std::string::npos);
    CHECK(page.find("There are no charts") == std::string::npos);
}

TEST_CASE("a page without charts says why") {
    drawn_charts charts;
    charts.works.resize(1);
    charts.missing = "gnuplot was not found";
    CHECK(html_report(sample::all({sample::computing()}), {}, charts).find("no charts: gnuplot was not found") !=
          std::string::npos);
}

TEST_CASE("two drawings in one page share no id") {
    CHECK(with_own_ids("<svg><g id='a'/><g id=\"b\"/><use xlink:href='#a' fill='#aabbcc' clip-path='url(#b)'/></svg>",
                       "x-") ==
          "<svg><g id='x-a'/><g id=\"x-b\"/><use xlink:href='#x-a' fill='#aabbcc' clip-path='url(#x-b)'/></svg>");
}

TEST_CASE("scripts for charts hold one bar per mode that ran, and nothing where nothing ran") {
    auto work = sample::computing();
    const std::string times = time_script(work);
    CHECK(times.find("\"pool\" 0.5 0.45 0.55 1\n") != std::string::npos);
    CHECK(times.find("name 'cpu_primes'") != std::string::npos);
    work.modes = {sample::mode("sequential", {}, 0)};
    CHECK(time_script(work).empty());
    CHECK(speed_up_script(sample::all({work})).empty());

    const std::string gains = speed_up_script(sample::all(
        {sample::computing(),
         sample::work("mixed", {sample::mode("sequential", {1, 1, 1}, 1), sample::mode("pool", {0.5, 0.5, 0.5}, 1)})}));
    CHECK(gains.find("\"cpu-primes\" 1 1 2 1.667\n") != std::string::npos);
    CHECK(gains.find("\"mixed\" 1 ? 2 ?\n") != std::string::npos);
}
