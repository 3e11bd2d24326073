// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/trace_file.hpp>
#include <coil/runtime/debug/trace_event.hpp>

#include "../run/heard.hpp"
#include "json.hpp"
#include "written.hpp"

#include <doctest/doctest.h>

#include <unistd.h>

#include <string>

using coil::debug::append_thread_name;
using coil::debug::trace_file;

namespace {

std::string event(int thread) {
    std::string text;
    append_thread_name(text, "worker", 1, thread);
    return text;
}

}  // namespace

TEST_CASE("trace_file: is whole after every write") {
    const folder_for_traces folder;
    trace_file f;
    REQUIRE(f.open(folder / "a.json"));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 1);  // the name of the process
    f.write(event(1));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 2);
    f.write(event(2) + event(3));
    f.write("");
    const json::value all = json::parse(text_of(folder / "a.json"));
    REQUIRE(all.items.size() == 4);
    CHECK(all.items[1]["tid"].text == "2");
    CHECK(all.items[3]["name"].text == "process_name");
}

TEST_CASE("trace_file: the same path once more goes on, another one begins anew") {
    const folder_for_traces folder;
    trace_file f;
    REQUIRE(f.open(folder / "a.json"));
    f.write(event(1));
    REQUIRE(f.open(folder / "a.json"));
    f.write(event(2));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 3);
    REQUIRE(f.open(folder / "b.json"));
    f.write(event(3));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 3);
    CHECK(json::parse(text_of(folder / "b.json")).items.size() == 2);
    // what a program left there earlier is gone
    REQUIRE(f.open(folder / "a.json"));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 1);
}

TEST_CASE("trace_file: what somebody writes is left to him; %p is the number of the process") {
    const folder_for_traces folder;
    const std::string number = std::to_string(::getpid());
    const heard ears;
    trace_file first, second, third;
    REQUIRE(first.open(folder / "a.json"));
    first.write(event(1));
    REQUIRE(second.open(folder / "a.json"));
    second.write(event(2) + event(3));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 2);
    CHECK(json::parse(text_of(folder / ("a.json." + number))).items.size() == 3);
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0] == "COIL_TRACE: another process writes " + folder / "a.json" + "; this one writes " +
                                 folder / ("a.json." + number));
    REQUIRE(third.open(folder / "x%p-%p.json"));
    CHECK(json::parse(text_of(folder / ("x" + number + "-" + number + ".json"))).items.size() == 1);
}

TEST_CASE("trace_file: a path that cannot be opened is told once, and nothing else happens") {
    const folder_for_traces folder;
    const heard ears;
    trace_file f;
    const std::string path = folder / "not there/a.json";
    CHECK_FALSE(f.open(path));
    CHECK_FALSE(f.open(path));
    f.write(event(1));
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0] ==
          "COIL_TRACE: open " + path + ": No such file or directory; the program goes on without a trace");
}

TEST_CASE("trace_file: a full disk is told once, and ends the trace") {
    const heard ears;
    trace_file f;
    CHECK_FALSE(f.open("/dev/full"));
    f.write(event(1));
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0] == "COIL_TRACE: write /dev/full: No space left on device; the program goes on without a trace");
}

TEST_CASE("trace_file: a file that may not grow is whole up to there") {
    const folder_for_traces folder;
    const heard ears;
    trace_file f;
    REQUIRE(f.open(folder / "a.json"));
    f.write(event(1));
    {
        const no_file_longer_than limit(static_cast<long>(text_of(folder / "a.json").size()) + 10);
        f.write(event(2));
    }
    CHECK_FALSE(f.is_open());
    f.write(event(3));
    CHECK(json::parse(text_of(folder / "a.json")).items.size() == 2);
    REQUIRE(heard::log().size() == 1);
    CHECK(heard::log()[0].ends_with("a.json: File too large; the program goes on without a trace"));
}
