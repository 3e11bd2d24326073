// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/scope_tasks.hpp>

#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/coro/task.hpp>

#include "by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using coil::scope_tasks;
using coil::task;

namespace {
task<> sleeps(coil::nanoseconds d) { co_await coil::sleep_for(d); }
task<> waits(scope_tasks& t, scope_tasks::whom w) { co_await coil::scope_wait(t, w, coil::place::current()); }
struct releasing {
    void operator()(scope_tasks* t) const noexcept { t->release(); }
};
}  // namespace

TEST_CASE("scope_wait waits for the tasks, or for the daemons as well, and says what for") {
    by_hand::world w;
    const std::unique_ptr<scope_tasks, releasing> tasks(new scope_tasks);
    auto spawn = [&](coil::nanoseconds d, bool daemon) {
        (void)coil::spawn_task(sleeps(d), {.daemon = daemon}, coil::place::current(), &w.exec, tasks.get());
    };
    spawn(1ms, false);
    spawn(2ms, true);
    auto for_tasks = w.run(waits(*tasks, scope_tasks::whom::tasks));
    std::string text;
    w.owner.each(
        [](coil::task_record& r, void* s) {
            r.each_wait([](coil::wait& x, void* to) { x.describe(*static_cast<std::string*>(to)); }, s);
        },
        &text);
    CHECK(text == "the end of a scope's tasks, 1 left");
    w.exec.advance(1ms);
    CHECK(for_tasks->value.has_value());
    auto for_all = w.run(waits(*tasks, scope_tasks::whom::everybody));
    CHECK_FALSE(for_all->ended);
    w.exec.advance(1ms);
    CHECK(for_all->value.has_value());
    auto at_once = w.run(waits(*tasks, scope_tasks::whom::everybody));
    CHECK(at_once->value.has_value());
}

TEST_CASE("scope_tasks throws its first failure once and tells later ones apart") {
    const by_hand::suppressed_errors suppressed;
    by_hand::world w;
    const std::unique_ptr<scope_tasks, releasing> tasks(new scope_tasks);
    auto fails = [](const char* text) -> task<> {
        co_await coil::yield();
        throw std::runtime_error(text);
    };
    for (const char* text : {"one", "two"})
        (void)coil::spawn_task(coil::task<>(fails(text)), {}, coil::place::current(), &w.exec, tasks.get());
    w.exec.drain();
    CHECK_THROWS_WITH_AS(tasks->throw_failure(), "one", std::runtime_error);
    CHECK_NOTHROW(tasks->throw_failure());
    CHECK(suppressed.texts() == std::vector<std::string>{"two"});
}
