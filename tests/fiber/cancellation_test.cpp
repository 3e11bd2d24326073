// SPDX-License-Identifier: BSL-1.0
// The rows of fibers in the cancellation table of runtime/README.md: the test "row: column" shows what its cell says.
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/when_any.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber.hpp>

#include "../async/by_hand.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <stdexcept>
#include <string>

using namespace std::chrono_literals;
using coil::task;

namespace {

struct stopped {
    int awaits = 0, unwound = 0, after = 0;
};

// Two frames deep, each with something to destroy.
void waits_below(stopped& s, coil::nanoseconds d) {
    const by_hand::witness here(s.unwound);
    ++s.awaits;
    coil::await(coil::sleep_for(d));
    ++s.after;
}
auto waits(stopped& s, coil::nanoseconds d = 1h) {
    return [&s, d] {
        const by_hand::witness here(s.unwound);
        waits_below(s, d);
    };
}

// As a destructor that hands something back: it awaits.
class hands_back {
public:
    explicit hands_back(std::string& log, coil::nanoseconds takes = 1s) : log_(&log), takes_(takes) {}
    ~hands_back() {
        coil::await(coil::sleep_for(takes_));
        *log_ += "handed back;";
    }

private:
    std::string* log_;
    coil::nanoseconds takes_;
};

}  // namespace

TEST_CASE("fiber: stopped before") {
    by_hand::world w;
    stopped s;
    bool ran = false;
    auto f = [&] {
        ran = true;
        waits_below(s, 1h);
    };
    auto body = [&]() -> task<> {
        co_await by_hand::stop_myself();
        co_await coil::fiber(f);
    };
    CHECK(w.run(body())->stopped);
    CHECK(ran);
    CHECK(s.awaits == 1);
    CHECK(s.unwound == 1);
    CHECK(s.after == 0);
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("fiber: stopped while waiting") {
    by_hand::world w;
    stopped s;
    auto f = waits(s);
    auto r = w.start(coil::fiber(f));
    w.exec.drain();
    CHECK(w.exec.timers() == 1);
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->stopped);
    CHECK(s.unwound == 2);
    CHECK(s.after == 0);
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("fiber: stopped after completion") {
    by_hand::world w;
    auto f = [] {
        coil::await(coil::yield());
        coil::this_thread.current->root->cancel("at its end");
        return 7;
    };
    int got = 0;
    auto body = [&]() -> task<> { got = co_await coil::fiber(f); };
    w.run(body());
    CHECK(got == 7);
}

TEST_CASE("fiber: task not started") {
    by_hand::world w;
    stopped s;
    int died = 0;
    {
        auto owning = [mine = by_hand::witness(died), &s] { waits_below(s, 1h); };
        auto r = w.run_stopped(coil::fiber(coil::own(std::move(owning))));
        CHECK(r->stopped == false);  // the task around it has not begun either
    }
    CHECK(s.awaits == 0);
    CHECK(died == 1);
}

TEST_CASE("fiber: during unwinding") {
    by_hand::world w;
    std::string log;
    auto inner = [&log] {
        coil::await(coil::sleep_for(1s));
        log += "inner;";
    };
    struct runs_one {
        decltype(inner)* f;
        ~runs_one() { coil::await(coil::fiber(*f)); }
    };
    auto f = [&] {
        const runs_one local{&inner};
        coil::await(coil::sleep_for(1h));
    };
    auto r = w.start(coil::fiber(f));
    w.exec.drain();
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);
    w.exec.advance(2s);
    CHECK(r->stopped);
    CHECK(log == "inner;");
}

TEST_CASE("coil::await: stopped before") {
    by_hand::world w;
    int thrown = 0;
    auto f = [&] {
        coil::this_thread.current->root->cancel("here");
        for (int i = 0; i != 3; ++i) {  // again at each await
            try {
                coil::await(coil::sleep_for(1h));
            } catch (const coil::cancelled&) {
                ++thrown;
            }
        }
        CHECK_THROWS_AS(coil::this_task::check_stop(), coil::cancelled);
    };
    CHECK(w.run(coil::fiber(f))->what() == "value");
    CHECK(thrown == 3);
    CHECK(w.exec.timers() == 0);
}

TEST_CASE("coil::await: stopped while waiting") {
    by_hand::world w;
    int thrown = 0;
    auto f = [&] {
        try {
            coil::await(coil::sleep_for(1h));
        } catch (const coil::cancelled&) {
            ++thrown;
            throw;
        }
    };
    auto r = w.start(coil::fiber(f));
    w.exec.drain();
    r->handle.cancel();
    w.exec.drain();
    CHECK(r->stopped);
    CHECK(thrown == 1);
}

TEST_CASE("coil::await: stopped after completion") {
    by_hand::world w;
    bool slept = false;
    auto f = [&] {
        coil::await(coil::sleep_for(1s));
        slept = true;
    };
    auto r = w.start(coil::fiber(f));
    w.exec.drain();
    w.exec.pass(2s);
    w.exec.fire();  // it is over, and not yet resumed
    r->handle.cancel();
    w.exec.drain();
    CHECK(slept);
    CHECK(r->what() == "value");
}

TEST_CASE("coil::await: task not started") {
    by_hand::world w;
    bool awaited = false;
    auto f = [&] {
        awaited = true;
        coil::await(coil::yield());
    };
    w.run_stopped(coil::fiber(f));
    CHECK_FALSE(awaited);
}

TEST_CASE("coil::await: during unwinding") {
    by_hand::world w;
    std::string log;
    auto f = [&log] {
        const hands_back first(log);
        const hands_back second(log);
        coil::await(coil::sleep_for(1h));
    };
    auto r = w.start(coil::fiber(f));
    w.exec.drain();
    r->handle.cancel();
    w.exec.drain();
    CHECK_FALSE(r->ended);  // the stop unwinds it; what its destructors await is not stopped
    w.exec.advance(1s);
    CHECK(log == "handed back;");
    w.exec.advance(1s);
    CHECK(r->stopped);
    CHECK(log == "handed back;handed back;");
}

TEST_CASE("an error unwinds a fiber through destructors that await, stopped or not, and arrives") {
    by_hand::world w;
    std::string log;
    bool stop_it = false;
    auto f = [&] {
        const hands_back first(log);
        if (stop_it) coil::this_thread.current->root->cancel("meanwhile");
        throw std::range_error("the reason");
    };
    for (bool stops : {false, true}) {
        stop_it = stops;
        auto r = w.start(coil::fiber(f));
        w.exec.drain();
        w.exec.advance(1s);
        CHECK(r->failed_with<std::range_error>());
    }
    CHECK(log == "handed back;handed back;");
}

TEST_CASE("a deadline around a fiber stops what it awaits; one inside counts under a shield too") {
    by_hand::world w;
    stopped s;
    auto f = waits(s);
    auto body = [&]() -> task<int> {
        try {
            co_await coil::timeout(1s, coil::fiber(f));
        } catch (const coil::timed_out&) {
            co_return 1;
        }
        co_return 0;
    };
    auto r = w.start(body());
    w.exec.drain();
    w.exec.advance(1s);
    REQUIRE(r->value);
    CHECK(*r->value == 1);
    CHECK(s.unwound == 2);

    std::string log;
    struct gives_up {
        std::string* log;
        ~gives_up() {
            try {
                coil::await(coil::timeout(1s, coil::sleep_for(1h)));
            } catch (const coil::timed_out&) {
                *log += "gave up;";
            }
        }
    };
    auto g = [&] {
        const gives_up local{&log};
        coil::await(coil::sleep_for(1h));
    };
    auto q = w.start(coil::fiber(g));
    w.exec.drain();
    q->handle.cancel();
    w.exec.advance(2s);
    CHECK(q->stopped);
    CHECK(log == "gave up;");
}

TEST_CASE("the loser of when_any is a fiber: it is unwound before the winner's value is there") {
    by_hand::world w;
    stopped s;
    auto f = waits(s);
    auto body = [&]() -> task<std::size_t> {
        auto r = co_await coil::when_any(coil::fiber(f), coil::sleep_for(1s));
        CHECK(s.unwound == 2);
        co_return r.index();
    };
    auto r = w.start(body());
    w.exec.drain();
    w.exec.advance(1s);
    REQUIRE(r->value);
    CHECK(*r->value == 1);
}
