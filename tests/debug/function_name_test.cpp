// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/function_name.hpp>

#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/debug/task_report.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>

using coil::debug::function_name;

TEST_CASE("function_name: what the compilers call functions and coroutines") {
    // g++: where the await is, and where an argument of it is made
    CHECK(function_name("void innermost(int)(innermost(int)::_Z9innermosti.Frame*)") == "innermost");
    CHECK(function_name("coil::task<void> locks()") == "locks");
    CHECK(function_name("coil::task<T> shop::order(T, const char*) [with T = std::vector<int>]") == "shop::order");
    CHECK(function_name("main()::<lambda(coil::scope&)>") == "main()::<lambda(coil::scope&)>");
    CHECK(function_name("void {anonymous}::f({anonymous}::g)({anonymous}::f(g)::_Z1f.Frame*)") == "{anonymous}::f");
    // clang
    CHECK(function_name("coil::task<> (anonymous namespace)::f(std::string)") == "(anonymous namespace)::f");
    CHECK(function_name("auto fibre()::(anonymous class)::operator()() const") == "fibre()::(anonymous class)::operator()");
    CHECK(function_name("task<T> coil::run_scope(F, place) [T = void, F = (lambda at a.cpp:22:15) &]") == "coil::run_scope");
    CHECK(function_name("coil::task<int> shop::stock::count() const &") == "shop::stock::count");
}

TEST_CASE("function_name: a name that cannot be read is left as it is") {
    CHECK(function_name("") == "");
    CHECK(function_name("main") == "main");
    CHECK(function_name("f)") == "f)");
    CHECK(function_name("()") == "()");
}

TEST_CASE("a chain of awaits shows no lines of coil's own, those of its sources included") {
    auto waits = []() -> coil::task<> {
        auto sleeps = []() -> coil::task<> { co_await coil::sleep_for(std::chrono::hours(1)); };
        auto body = [&](coil::scope& s) -> coil::task<> {
            s.spawn(sleeps());
            co_return;
        };
        co_await coil::with_scope(body);
    };
    auto looks = [&]() -> coil::task<> {
        auto waiting = coil::spawn(waits(), {.name = "waits"});
        for (int i = 0; i != 3; ++i)
            co_await coil::yield();
        std::size_t seen = 0;
        for (const coil::task_row& row : coil::debug::tasks_in_reach()) {
            for (const coil::place& p : row.awaits) {
                CHECK_FALSE(coil::debug::is_of_coil(p));
                CHECK(std::string(p.file_name()).find("function_name_test.cpp") != std::string::npos);
            }
            if (row.name == "waits") seen = row.awaits.size();
        }
        CHECK(seen == 1);
        waiting.cancel();
    };
    coil::run(looks());
}
