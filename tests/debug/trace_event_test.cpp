// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/trace_event.hpp>

#include "json.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace coil::debug;

namespace {

std::string quoted(std::string_view bytes, std::size_t most = 100) {
    std::string text;
    append_quoted(text, bytes, most);
    return text;
}

stint some() {
    stint s;
    s.task = 5;
    s.name = "worker";
    s.spawned = coil::place::current();
    s.begin = coil::time_point(coil::nanoseconds(1'234'567'891));
    s.over = s.begin + coil::nanoseconds(57);
    return s;
}

std::string slice(const stint& s) {
    std::string text;
    append_slice(text, s, 10, 11);
    return text;
}

}  // namespace

TEST_CASE("trace_event: a string is quoted, and what is no UTF-8 does not get into it") {
    CHECK(quoted("plain") == "\"plain\"");
    CHECK(quoted("a\"b\\c") == "\"a\\\"b\\\\c\"");
    CHECK(quoted("a\nb\x01") == "\"a\\u000ab\\u0001\"");
    CHECK(quoted("gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80") == "\"gr\xc3\xbc\xc3\x9f \xe2\x82\xac \xf0\x9f\x98\x80\"");
    CHECK(quoted("\xc0\xaf|\xed\xa0\x80|\xf5|\x80|\xe2\x82") == "\"??|???|?|?|??\"");
    CHECK(quoted("\xf4\x90\x80\x80|\xf0\x80\x80\x80|\xe0\x80\x80") == "\"????|????|???\"");
    CHECK(quoted("abcdef", 3) == "\"abc\"");
    CHECK(quoted("ab\xc3\xbc", 3) == "\"ab\"");  // no half of a character
    CHECK(quoted("") == "\"\"");
}

TEST_CASE("trace_event: a slice in full, and with what is not known left out") {
    stint s = some();
    const std::string place = std::string(s.spawned.file_name()) + ":" + std::to_string(s.spawned.line());
    json::value v = json::parse("[" + slice(s) + "0]").items.at(0);
    CHECK(v["ph"].text == "X");
    CHECK(v["cat"].text == "task");
    CHECK(v["name"].text == "worker");
    CHECK(v["pid"].text == "10");
    CHECK(v["tid"].text == "11");
    CHECK(v["ts"].text == "1234567.891");
    CHECK(v["dur"].text == "0.057");
    CHECK(v["args"]["id"].text == "5");
    CHECK(place.ends_with(v["args"]["spawned"].text));
    CHECK(v["args"].members.size() == 2);

    s.name = {};
    s.from = s.to = s.spawned;
    s.end = "done";
    v = json::parse("[" + slice(s) + "0]").items.at(0);
    CHECK(v["name"].text == "task 5");
    CHECK(v["args"].members.size() == 5);
    CHECK(v["args"]["end"].text == "done");

    s = stint();
    s.what = stint::kind::call;
    v = json::parse("[" + slice(s) + "0]").items.at(0);
    CHECK(v["cat"].text == "call");
    CHECK(v["name"].text == "a call");
}

TEST_CASE("trace_event: no event is longer than it may be") {
    const std::string worst(1000, '\x01');
    stint s = some();
    s.name = worst;
    s.from = s.to = s.spawned;
    s.end = "cancelled";
    std::string text;
    append_slice(text, s, -2147483647, -2147483647);
    CHECK(text.size() <= longest_event);
    CHECK(longest_event >= 6 * 128 * 4 + 512);  // four texts, all of them escaped
    text.clear();
    append_thread_name(text, worst, 10, 11);
    CHECK(text.size() <= longest_event);
    append_end(text, worst, 10);
    const json::value v = json::parse("[" + text);
    CHECK(v.items.at(0)["name"].text == "thread_name");
    CHECK(v.items.at(1)["name"].text == "process_name");
}
