// SPDX-License-Identifier: BSL-1.0
#include <coil/process/start.hpp>

#include <coil/process/current.hpp>
#include <coil/process/remote_error.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/run/run.hpp>

#include "workers.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

using namespace std::chrono_literals;
using coil::task;
namespace process = coil::process;

namespace {

int adds(int a, const std::string& text) { return a + static_cast<int>(text.size()); }
float no_code() { return 1.5F; }
task<int> later(int x) {
    co_await coil::sleep_for(1ms);
    co_return x;
}
void waits_for_ever() {
    for (;;) ::pause();
}
void refuses_to_end() {
    std::signal(SIGTERM, SIG_IGN);
    for (;;) ::pause();
}
void fails() { throw std::out_of_range("beyond"); }
void fails_at_length() {
    coil::set_log_hook([](std::string_view) noexcept {});  // it says that too
    throw std::runtime_error(std::string(3'000'000, 'e'));
}
void exits() { std::exit(9); }
int tells(const std::string& name, int parent) {
    const auto c = process::current();
    return c.name == name && c.parent_pid == parent && c.is_worker ? 0 : 1;
}

}  // namespace

TEST_CASE("start: calls a function, or runs its task, in another process; what it returns is the exit code") {
    coil::run([]() -> task<> {
        auto w = co_await process::start<&adds>(3, "four");
        CHECK(w.pid() > 0);
        CHECK(w.pid() != ::getpid());
        const auto s = co_await w.join();
        CHECK(s.exit_code() == 7);
        CHECK(s.signal() == 0);
        CHECK(!s.success());
        CHECK(!w.alive());
        const auto again = co_await w.join();
        CHECK(again.exit_code() == 7);
        auto t = co_await process::start<&later>(5);
        const auto ts = co_await t.join();
        CHECK(ts.exit_code() == 5);
        auto n = co_await process::start<&no_code>();
        const auto ns = co_await n.join();
        CHECK(ns.success());
        auto e = co_await process::start<&exits>();
        const auto es = co_await e.join();
        CHECK(es.exit_code() == 9);
        auto named = co_await process::start<&tells>({.name = "ann"}, "ann", ::getpid());
        CHECK(named.name() == "ann");
        const auto st = co_await named.join();
        CHECK(st.success());
    }());
    CHECK(workers::no_zombies());
}

namespace {
int standard_streams() {
    char byte = 0;
    const bool input_is_empty = ::read(0, &byte, 1) == 0;
    return (input_is_empty ? 1 : 0) + (::fcntl(1, F_GETFD) != -1 ? 2 : 0) + (::fcntl(2, F_GETFD) != -1 ? 4 : 0);
}
}  // namespace

TEST_CASE("start: a worker has the parent's output and errors, and nothing to read") {
    coil::run([]() -> task<> {
        auto w = co_await process::start<&standard_streams>();
        const auto end = co_await w.join();
        CHECK(end.exit_code() == 7);
    }());
}

TEST_CASE("start: an exception ends the process with code 1 and is carried over") {
    coil::run([]() -> task<> {
        auto w = co_await process::start<&fails>();
        const auto s = co_await w.join();
        CHECK(s.exit_code() == 1);
        CHECK_THROWS_WITH_AS(s.rethrow(), "beyond", std::out_of_range);
    }());
}

TEST_CASE("start: an exception may have any length of text") {
    coil::run([]() -> task<> {
        auto w = co_await process::start<&fails_at_length>();
        const auto s = co_await coil::timeout(60s, w.join());
        CHECK(s.exit_code() == 1);
        std::size_t length = 0;
        try {
            s.rethrow();
        } catch (const std::runtime_error& e) {
            length = std::string_view(e.what()).size();
        }
        CHECK(length == 3'000'000);
    }());
}

TEST_CASE("start: one that is terminated ends with signal 15, one that is killed with 9") {
    coil::run([]() -> task<> {
        auto w = co_await process::start<&waits_for_ever>();
        CHECK(w.alive());
        CHECK(w.terminate());
        const auto s = co_await w.join();
        CHECK(s.signal() == SIGTERM);
        CHECK(s.exit_code() == -15);
        CHECK(!w.alive());
        CHECK(!w.terminate());
        auto k = co_await process::start<&refuses_to_end>();
        k.kill();
        const auto ks = co_await k.join();
        CHECK(ks.exit_code() == -9);
    }());
}

TEST_CASE("start: a join that is stopped leaves the process alone") {
    coil::run([]() -> task<> {
        auto w = co_await process::start<&waits_for_ever>();
        bool late = false;
        try {
            co_await coil::timeout(1ms, w.join());
        } catch (const coil::timed_out&) {
            late = true;
        }
        CHECK(late);
        CHECK(w.alive());
        w.kill();
        co_await w.join();
    }());
}

TEST_CASE("start: the run waits for a process whose handle was dropped, and terminates daemons") {
    int pid = 0, daemon = 0;
    coil::run([](int& p, int& d) -> task<> {
        auto w = co_await process::start<&later>(0);
        p = w.pid();
        auto dw = co_await process::start<&waits_for_ever>({.name = "d", .daemon = true});
        d = dw.pid();
        CHECK(dw.alive());
    }(pid, daemon));
    CHECK(!workers::exists(pid));
    CHECK(!workers::exists(daemon));
}

TEST_CASE("start: a start that is stopped before, or in the middle, leaves no process") {
    coil::run([]() -> task<> {
        for (int round = 0; round < 10; ++round) {
            auto h = coil::spawn(process::start<&waits_for_ever>());
            for (int i = 0; i < round; ++i) co_await coil::yield();
            h.cancel();
            try {
                auto w = co_await h;
                w.kill();
                co_await w.join();
            } catch (const coil::cancelled&) {
            }
        }
    }());
    CHECK(workers::no_zombies());
}

TEST_CASE("start: no descriptor is left over") {
    coil::run([]() -> task<> {
        auto first = co_await process::start<&later>(0);
        co_await first.join();
        const auto before = workers::open_descriptors();
        for (int i = 0; i < 5; ++i) {
            auto w = co_await process::start<&later>(i);
            co_await w.join();
        }
        const bool same = co_await workers::comes([&] { return workers::open_descriptors() <= before; });
        CHECK(same);
    }());
}
