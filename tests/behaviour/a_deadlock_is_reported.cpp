// SPDX-License-Identifier: BSL-1.0
// A program whose tasks wait for what cannot come ends with a report that names them, as long as it is certain: with a
// thread, a signal, a blocking call or a promise of the program's own it goes on waiting.
// No watchdog here: its thread would be one that may still wake somebody. An alarm ends a hang.
#include "bad_day.hpp"

#include "../sanitized.hpp"

#include <coil/coil.hpp>

#include <sys/time.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <optional>
#include <string>
#include <thread>

using bad_day::expect;
using namespace std::chrono_literals;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// What the report of a run says; nothing if it ended otherwise.
template <class F>
std::optional<coil::deadlock> report_of(F amain) {
    try {
        coil::run(amain(), {.name = "main"});
    } catch (const coil::deadlock& d) {
        return d;
    } catch (const coil::cancelled&) {
    }
    return std::nullopt;
}

void an_event_that_nobody_sets() {
    bool unwound = false;
    auto amain = [&]() -> coil::task<> {
        struct on_exit {
            bool& flag;
            ~on_exit() { flag = true; }
        } mark{unwound};
        coil::event never;
        co_await never.wait();
    };
    const auto d = report_of(amain);
    expect(d.has_value(), "an event that nobody sets is reported");
    if (!d) return;
    expect(has(d->what(), "nothing can happen any more"), d->what());
    expect(has(d->what(), "\"main\", suspended, waits for an event"), d->what());
    expect(has(d->what(), "a_deadlock_is_reported.cpp:"), d->what());
    expect(d->tasks().size() == 1 && d->tasks()[0].name == "main", "its row is there");
    expect(unwound, "the task was unwound");
}

// Its report cannot come out of the run, so it goes to the log.
void an_event_that_is_waited_for_under_a_shield() {
    static coil::event never;
    static std::string said;
    const auto hook = coil::set_log_hook([](std::string_view line) noexcept {
        said += line;
        never.set();
    });
    auto amain = []() -> coil::task<> { co_await coil::shield(never.wait()); };
    const auto d = report_of(amain);
    coil::set_log_hook(hook);
    expect(d.has_value(), "a shielded wait is reported when it has ended");
    expect(has(said, "it cannot end") && has(said, "waits for an event"), said.c_str());
}

void tasks_that_wait_for_each_other() {
    auto amain = []() -> coil::task<> {
        coil::queue<int> empty;
        coil::join_handle<> first, second;
        auto joins = [](coil::join_handle<>& other) -> coil::task<> {
            co_await coil::yield();
            co_await other;
        };
        auto gets = [&empty]() -> coil::task<> { (void)co_await empty.get(); };
        first = coil::spawn(joins(second), {.name = "first"});
        second = coil::spawn(joins(first), {.name = "second"});
        auto third = coil::spawn(coil::on_pool(gets()), {.name = "third"});
        co_await third;
    };
    const auto d = report_of(amain);
    expect(d.has_value(), "a circle of joins is reported, also with a pool that has come to rest");
    if (!d) return;
    expect(has(d->what(), "\"first\", suspended, waits for end of task "), d->what());
    expect(has(d->what(), "\"third\", suspended, waits for a queue's next item"), d->what());
    expect(d->tasks().size() == 4, "four rows");
}

void who_may_still_be_woken() {
    auto by_blocking = []() -> coil::task<> {
        coil::event e;
        auto sets = [&e] {
            std::this_thread::sleep_for(30ms);
            e.set();
        };
        auto call = [&sets]() -> coil::task<> { co_await coil::blocking(sets); };
        auto h = coil::spawn(call());
        co_await e.wait();
        co_await h;
    };
    expect(!report_of(by_blocking), "a blocking call may still end");

    auto by_pool = []() -> coil::task<> {
        coil::event e;
        auto sets = [&e] {
            std::this_thread::sleep_for(30ms);
            e.set();
        };
        auto call = [&sets]() -> coil::task<> { co_await coil::on_pool(sets); };
        auto h = coil::spawn(call());
        co_await e.wait();
        co_await h;
    };
    expect(!report_of(by_pool), "work on the pool may still end");

    auto by_timer = []() -> coil::task<> {
        coil::event e;
        auto sets = [&e]() -> coil::task<> {
            co_await coil::sleep_for(30ms);
            e.set();
        };
        auto h = coil::spawn(coil::on_pool(sets()));
        co_await e.wait();
        co_await h;
    };
    expect(!report_of(by_timer), "a timer of the pool may still ring");

    auto by_signal = []() -> coil::task<> {
        coil::stop_on({SIGALRM});
        const itimerval soon{.it_interval = {0, 0}, .it_value = {0, 30'000}};
        ::setitimer(ITIMER_REAL, &soon, nullptr);
        coil::event never;
        co_await never.wait();
    };
    expect(!report_of(by_signal), "a signal may still come");
    ::alarm(120);

    coil::event e;
    auto by_thread = [&]() -> coil::task<> { co_await e.wait(); };
    std::thread other([&] {
        std::this_thread::sleep_for(30ms);
        e.set();
    });
    expect(!report_of(by_thread), "another thread may still come");
    other.join();
}

int doubled(int x) { return 2 * x; }

// A pool of processes leaves a thread behind that waits for the next one.
void after_worker_processes() {
    auto amain = []() -> coil::task<> {
        {
            coil::process::pool workers(1);
            expect(co_await workers.call<&doubled>(21) == 42, "a worker computes");
            co_await workers.close();
        }
        coil::event never;
        co_await never.wait();
    };
    expect(report_of(amain).has_value(), "a deadlock after worker processes is reported");
}

// The promise outweighs what coil can see; taken back, the run ends.
void a_promise_is_believed() {
    std::optional<coil::work_guard> promise(std::in_place);
    coil::event e;
    auto amain = [&]() -> coil::task<> {
        auto breaks_it = [&]() -> coil::task<> {
            // long after the loop has first had nothing to do
            for (int i = 0; i != 20; ++i) {
                auto nothing = [] {};
                co_await coil::on_pool(nothing);
            }
            promise.reset();
        };
        auto h = coil::spawn(breaks_it());
        co_await e.wait();
    };
    expect(report_of(amain).has_value(), "without the promise it is certain again");
}

}  // namespace

int main(int argc, char** argv) {
    coil::process::init(argc, argv);
    ::alarm(120);
#ifdef UNDER_THREAD_SANITIZER
    return 77;  // it has a thread of its own, which might wake somebody
#endif
    an_event_that_nobody_sets();
    an_event_that_is_waited_for_under_a_shield();
    tasks_that_wait_for_each_other();
    who_may_still_be_woken();
    a_promise_is_believed();
    after_worker_processes();
    return bad_day::verdict();
}
