// SPDX-License-Identifier: BSL-1.0
#include <coil/process/child.hpp>

#include "households.hpp"
#include "stopped.hpp"

#include <coil/process/spawn.hpp>
#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace coil::process;
using namespace process_test;
using namespace std::chrono_literals;

namespace {

coil::task<child> sleeper() {
    return spawn({"sleep", "1000"});
}

}  // namespace

TEST_CASE("child: all who wait get the same status, then and later") {
    coil::run([]() -> coil::task<> {
        const child c = co_await spawn({"sh", "-c", "read x; exit 7"}, {.in = null});
        const auto [a, b] = co_await coil::when_all(c.wait(), c.wait());
        const exit_status again = co_await c.wait();
        CHECK(a.exit_code() == 7);
        CHECK(b == a);
        CHECK(again == a);
        CHECK_FALSE(c.alive());
        CHECK(*c.status() == a);
        CHECK_FALSE(c.send_signal(SIGTERM));
    }());
}

TEST_CASE("child: signals reach it, and its end says which") {
    coil::run([]() -> coil::task<> {
        for (const int number : {SIGTERM, SIGKILL, SIGINT}) {
            const child c = co_await sleeper();
            CHECK(c.alive());
            CHECK(c.pid() > 0);
            if (number == SIGTERM) c.terminate();
            if (number == SIGKILL) c.kill();
            if (number == SIGINT) CHECK(c.send_signal(SIGINT));
            const exit_status end = co_await c.wait();
            CHECK(end.signal() == number);
        }
    }());
}

TEST_CASE("child: one that is let go of is killed with its group, and leaves no zombie and no descriptor") {
    coil::run([]() -> coil::task<> {
        const std::size_t before = open_descriptors();
        std::vector<int> groups;
        {
            std::vector<child> many;
            for (int i = 0; i != 5; ++i) {
                many.push_back(co_await spawn({"sh", "-c", "sleep 1000 & sleep 1000"}, {.in = piped, .out = piped}));
                groups.push_back(many.back().pid());
            }
        }
        co_await until_no_children();
        for (const int group : groups)
            co_await until_group_is_gone(group);
        while (open_descriptors() > before)  // of what was there before, some may go
            co_await coil::sleep_for(1ms);
    }());
}

TEST_CASE("child: one that is assigned over is let go of; a moved one is the same child") {
    coil::run([]() -> coil::task<> {
        child a = co_await sleeper();
        child b = co_await sleeper();
        const int pid = b.pid();
        a = std::move(b);
        CHECK(a.pid() == pid);
        CHECK(a.alive());
        a.kill();
        const exit_status end = co_await a.wait();
        CHECK(end.signal() == SIGKILL);
        co_await until_no_children();
    }());
}

TEST_CASE("child: one that is detached lives on, and leaves no zombie when it ends") {
    coil::run([]() -> coil::task<> {
        word_from_child word;
        const std::vector<descriptor_move> also{{word.number(), 3}};
        int pid = -1;
        {
            child c = co_await spawn({"sh", "-c", "read x; echo $$ >&3"}, {.in = piped, .descriptors = also});
            pid = c.pid();
            c.detach();
        }
        // its input has ended with the object, and it has gone on
        const int said = co_await word.read();
        CHECK(said == pid);
        co_await until_no_children();
    }());
}

TEST_CASE("child: a wait that is stopped loses no status, and the child goes on") {
    coil::run([]() -> coil::task<> {
        const child c = co_await sleeper();
        bool late = false;
        try {
            co_await coil::timeout(1ms, c.wait());
        } catch (const coil::timed_out&) {
            late = true;
        }
        CHECK(late);
        CHECK(c.alive());
        auto h = coil::spawn(c.wait());
        h.cancel();
        const bool stopped = co_await process_test::ends_stopped(h);
        CHECK(stopped);
        c.kill();
        const exit_status end = co_await c.wait();
        CHECK(end.signal() == SIGKILL);
    }());
}

TEST_CASE("child: communicate moves all three pipes at once") {
    coil::run([]() -> coil::task<> {
        const std::string text(1 << 20, 'x');
        child c = co_await spawn({"tee", "/dev/stderr"}, {.in = piped, .out = piped, .err = piped});
        const completed r = co_await c.communicate(text);
        CHECK((r.out == text));
        CHECK((r.err == text));
        CHECK(r.success());
    }());
}

TEST_CASE("child: a communicate that is stopped keeps what it read for the next") {
    coil::run([]() -> coil::task<> {
        std::array<int, 2> go{};
        REQUIRE(pipe2(go.data(), O_CLOEXEC) == 0);
        const std::vector<descriptor_move> also{{go[0], 3}};
        child d = co_await spawn({"sh", "-c", "echo first; read x <&3; echo second"}, {.out = piped, .descriptors = also});
        close(go[0]);
        // it waits for the door, so it cannot end before
        co_await coil::move_on_after(50ms, d.communicate());
        CHECK(write(go[1], "\n", 1) == 1);
        close(go[1]);
        const completed r = co_await d.communicate();
        CHECK(r.out == "first\nsecond\n");
    }());
}

TEST_CASE("child: stop asks first, and kills who does not listen") {
    coil::run([]() -> coil::task<> {
        child c = co_await sleeper();
        exit_status end = co_await c.stop(1h);
        CHECK(end.signal() == SIGTERM);
        child deaf = co_await spawn({"sh", "-c", "trap '' TERM; echo; while :; do sleep 0.01; done"}, {.out = piped});
        std::array<char, 1> newline{};
        co_await deaf.out().read(newline);
        end = co_await deaf.stop(10ms);
        CHECK(end.signal() == SIGKILL);
        end = co_await deaf.stop();
        CHECK(end.signal() == SIGKILL);
    }());
}

TEST_CASE("child: a stop that is stopped kills at once, and waits") {
    coil::run([]() -> coil::task<> {
        child deaf = co_await spawn({"sh", "-c", "trap '' TERM; echo; while :; do sleep 0.01; done"}, {.out = piped});
        std::array<char, 1> newline{};
        co_await deaf.out().read(newline);
        const auto end = co_await coil::move_on_after(5ms, deaf.stop(1h));
        CHECK_FALSE(end.has_value());
        CHECK_FALSE(deaf.alive());
    }());
}

TEST_CASE("child: a status that something else took is unknown, and nobody waits for ever") {
    coil::run([]() -> coil::task<> {
        const child c = co_await sleeper();
        c.kill();
        CHECK(waitpid(c.pid(), nullptr, 0) == c.pid());
        const exit_status end = co_await c.wait();
        CHECK_FALSE(end.known());
        CHECK_FALSE(end.success());
        struct sigaction ignore {}, before{};
        ignore.sa_handler = SIG_IGN;
        sigaction(SIGCHLD, &ignore, &before);
        const child d = co_await spawn({"sh", "-c", "exit 7"});
        const exit_status lost = co_await d.wait();
        sigaction(SIGCHLD, &before, nullptr);
        CHECK_FALSE(lost.known());
    }());
}

TEST_CASE("child: what the program does with SIGCHLD, and children of its own, are left alone") {
    static volatile std::sig_atomic_t signals;
    signals = 0;
    struct sigaction own {}, before{}, after{};
    own.sa_handler = [](int) { signals = 1; };
    own.sa_flags = SA_RESTART;
    sigaction(SIGCHLD, &own, &before);
    const int stranger = fork();
    if (stranger == 0) _exit(5);
    siginfo_t ended{};
    CHECK(waitid(P_PID, static_cast<id_t>(stranger), &ended, WEXITED | WNOWAIT) == 0);
    coil::run([]() -> coil::task<> {
        for (int i = 0; i != 3; ++i) {
            const child c = co_await spawn({"true"});
            const exit_status end = co_await c.wait();
            CHECK(end.success());
            const child dropped = co_await sleeper();
        }
        const auto missing = co_await coil::as_result(spawn({"/no/such/program"}));
        CHECK_FALSE(missing.has_value());
    }());
    int status = 0;
    CHECK(waitpid(stranger, &status, 0) == stranger);
    CHECK(WEXITSTATUS(status) == 5);
    coil::run(until_no_children());  // those that were dropped
    sigaction(SIGCHLD, &before, &after);
    CHECK((after.sa_handler == own.sa_handler));
    CHECK(signals == 1);
}

TEST_CASE("child: what is no pipe cannot be asked for") {
    coil::run([]() -> coil::task<> {
        child c = co_await spawn({"true"}, {.out = piped});
        CHECK_THROWS_AS(c.in(), std::logic_error);
        CHECK_THROWS_AS(c.err(), std::logic_error);
        c.out().close();
        CHECK_FALSE(c.out().is_open());
        co_await c.wait();
    }());
}

TEST_CASE("child: what it no longer owns is refused at the line that asks, as are numbers that no signal has") {
    const doctest::Contains at_its_line("child_test.cpp:");
    auto body = [&]() -> coil::task<> {
        child c = co_await sleeper();
        for (const int number : {-1, 1000}) CHECK_THROWS_WITH_AS(c.send_signal(number), at_its_line, std::invalid_argument);
        CHECK(c.send_signal(0));
        child d = std::move(c);
        CHECK_THROWS_WITH_AS(c.pid(), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(c.alive(), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(c.kill(), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(c.terminate(), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(c.send_signal(0), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(co_await c.wait(), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(co_await c.stop(), at_its_line, std::logic_error);
        CHECK_THROWS_WITH_AS(co_await c.communicate(), at_its_line, std::logic_error);
        d.kill();
        co_await d.wait();
    };
    coil::run(body());
}
