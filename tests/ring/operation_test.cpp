// SPDX-License-Identifier: BSL-1.0
// The life of an operation: given on suspension, completed once, stopped, sent home.
#include <coil/runtime/ring/operation.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/file_operations.hpp>
#include <coil/runtime/ring/plain_operations.hpp>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <string>
#include <vector>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::descriptor;
using coil::ring::nop_operation;
using coil::ring::read_operation;
using coil::ring::timeout_operation;
using coil::ring::write_operation;

namespace {

struct two_ends {
    explicit two_ends(coil::ring::ring& r) {
        std::array<int, 2> ends{};
        REQUIRE(r.now(call::pipe(ends.data())) == 0);
        coil::ring::ring* const keeper = r.keeps_descriptors() ? &r : nullptr;
        reader = descriptor(ends[0], keeper);
        writer = descriptor(ends[1], keeper);
    }
    descriptor reader, writer;
};

}  // namespace

TEST_CASE_TEMPLATE("an operation yields its completion's result", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    int nop = -1, late = 0;
    const auto body = [&]() -> task<> {
        nop = co_await nop_operation();
        late = co_await timeout_operation(std::chrono::microseconds(10));
    };
    run(d, body());
    CHECK(nop == 0);
    CHECK(late == -ETIME);
}

TEST_CASE_TEMPLATE("an operation is not given before the coroutine suspends, and one batch carries many", Side,
                   EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    int done = 0;
    const auto body = [&]() -> task<> {
        nop_operation op;
        const unsigned before = r->unsubmitted();
        op.attach(*coil::this_thread.current);
        CHECK_FALSE(op.await_ready());
        CHECK(r->unsubmitted() == before);
        co_await op;
        ++done;
    };
    std::vector<running_task> tasks;
    for (int i = 0; i < 100; ++i)
        tasks.push_back(start(body(), d, all));
    d.turn();
    CHECK(r->unsubmitted() == 100);
    r->submit_and_wait(at_once);
    CHECK(r->unsubmitted() == 0);
    d.until([&] { return all.running == 0; });
    CHECK(done == 100);
}

TEST_CASE_TEMPLATE("a stop before the await takes nothing and throws", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    bool thrown = false, went_on = false;
    const auto body = [&]() -> task<> {
        try {
            co_await nop_operation();
        } catch (const cancelled&) {
            // on a side where a cancellation can be in time
        }
        // stopped by now; the next await looks first
        try {
            co_await nop_operation();
            went_on = true;
        } catch (const cancelled&) {
            thrown = true;
        }
    };
    running_task t = start(body(), d, all);
    d.turn();
    if (!t.ended()) t.stop();
    d.until([&] { return all.running == 0; });
    CHECK_FALSE(went_on);
    CHECK(thrown);
}

TEST_CASE_TEMPLATE("a stop cancels what is in flight and waits for its completion", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    bool thrown = false;
    const auto body = [&]() -> task<> {
        try {
            co_await timeout_operation(std::chrono::hours(10));
        } catch (const cancelled&) {
            thrown = true;
        }
        try {
            co_await nop_operation();  // still stopped
        } catch (const cancelled&) {
            co_return;
        }
        CHECK(false);
    };
    running_task t = start(body(), d, all);
    d.turn();
    CHECK(all.running == 1);
    t.stop();
    CHECK_FALSE(thrown);  // only the completion ends it
    t.stop();             // once is enough
    d.until([&] { return all.running == 0; });
    CHECK(thrown);
}

TEST_CASE_TEMPLATE("what had completed anyway is returned, and nothing that was read is lost", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    two_ends pipe(*r);
    std::string sent, received;
    int stopped = 0;
    for (int round = 0; round < 300; ++round) {
        crowd all;
        const auto reading = [&]() -> task<> {
            char c = 0;
            try {
                if (co_await read_operation(pipe.reader, &c, 1) == 1) received.push_back(c);
            } catch (const cancelled&) {
                ++stopped;
            }
        };
        const auto writing = [&]() -> task<> {
            const char c = static_cast<char>('a' + round % 26);
            CHECK(co_await write_operation(pipe.writer, &c, 1) == 1);
            sent.push_back(c);
        };
        running_task reader = start(reading(), d, all);
        if (round % 2 == 0) d.turn();
        running_task writer = start(writing(), d, all);
        if (round % 3 == 0) d.turn();
        reader.stop();
        d.until([&] { return all.running == 0; });
        CHECK_FALSE(all.error);
    }
    std::string rest(1000, '\0');
    if (received.size() < sent.size()) {
        const auto last = [&]() -> task<> {
            const int n = co_await read_operation(pipe.reader, rest.data(), rest.size());
            received += rest.substr(0, static_cast<std::size_t>(n));
        };
        run(d, last());
    }
    CHECK(received == sent);
    CHECK(stopped > 0);
}

TEST_CASE_TEMPLATE("a second reader is refused at its line, a writer beside it is not", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    two_ends pipe(*r);
    std::string text;
    const auto reading = [&]() -> task<> {
        char c = 0;
        read_operation op(pipe.reader, &c, 1);
        read_operation moved(std::move(op));  // until it is awaited it may move
        const int n = co_await moved;
        CHECK(n == 1);
    };
    const auto second = [&]() -> task<> {
        char c = 0;
        try {
            co_await read_operation(pipe.reader, &c, 1);
        } catch (const std::logic_error& e) {
            text = e.what();
        }
        CHECK(co_await write_operation(pipe.writer, "x", 1) == 1);
    };
    running_task a = start(reading(), d, all);
    running_task b = start(second(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK(text.find("operation_test.cpp") != std::string::npos);
    CHECK(text.find("reads this descriptor already") != std::string::npos);
    run(d, [](two_ends& p) -> task<> {  // the first one's end makes room
        CHECK(co_await write_operation(p.writer, "x", 1) == 1);
        char c = 0;
        CHECK(co_await read_operation(p.reader, &c, 1) == 1);
    }(pipe));
}

TEST_CASE_TEMPLATE("a branch at home elsewhere goes to the loop and comes back", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver loop(*r);
    coil::ring::io_home_of_pool = &loop.io();
    // A second executor, driven by hand on the same thread, that has no ring.
    auto other_ring = simulated_side::make();
    struct bare : coil::executor {
        void post(coil::node& n) noexcept override { ++posts, list.push_back(n); }
        void post(coil::node_list&& l) noexcept override { ++posts, list.append(std::move(l)); }
        void arm(coil::timer_ref) noexcept override {}
        bool disarm(coil::timer_ref) noexcept override { return true; }
        coil::time_point now() noexcept override { return {}; }
        bool wants_turn() noexcept override { return false; }
        void drain() {
            coil::this_thread.here = this;
            while (coil::node* n = list.pop_front())
                coil::run_node(*n);
            coil::this_thread.here = nullptr;
        }
        coil::node_list list;
        int posts = 0;
    } away;
    crowd all;
    int done = 0;
    const auto body = [&]() -> task<> {
        CHECK(co_await nop_operation() == 0);
        CHECK(away.here());
        ++done;
    };
    std::vector<running_task> tasks;
    for (int i = 0; i < 20; ++i)
        tasks.push_back(start(body(), away, all));
    away.drain();
    CHECK(r->unsubmitted() == 0);  // the entries are taken on the loop's thread
    away.posts = 0;
    int turns = 0;
    while (all.running != 0) {
        loop.turn();
        ++turns;
        CHECK(away.posts <= turns);  // one batch per reap
        away.drain();
    }
    CHECK(done == 20);
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE_TEMPLATE("a stop reaches an operation on its way to the loop", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver loop(*r);
    coil::ring::io_home_of_pool = &loop.io();
    std::atomic<bool> thrown{false};
    crowd all;
    driver* home = nullptr;
    auto own = simulated_side::make();
    driver elsewhere(*own);  // at home here, though its ring is not used
    home = &elsewhere;
    two_ends pipe(*r);
    char c = 0;
    const auto body = [&]() -> task<> {
        // pretend that this thread drives no loop, as on a worker of a pool
        coil::ring::this_io_home = nullptr;
        try {
            co_await read_operation(pipe.reader, &c, 1);
        } catch (const cancelled&) {
            thrown = true;
        }
    };
    running_task t = start(body(), *home, all);
    elsewhere.turn();  // posts the operation to the loop
    t.stop();          // posts the stop behind it, or before it is submitted
    for (int i = 0; i < 100 && all.running != 0; ++i) {
        loop.turn();
        elsewhere.turn();
    }
    CHECK(all.running == 0);
    CHECK(thrown);
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE_TEMPLATE("twenty thousand tasks that start an operation at once overwhelm nobody", Side, EVERY_SIDE) {
    auto r = Side::make(8, 16);
    driver d(*r);
    crowd all;
    int done = 0;
    const auto body = [&]() -> task<> {
        const int n = co_await nop_operation();
        done += n == 0;
    };
    std::vector<running_task> tasks;
    for (int i = 0; i < 20'000; ++i)
        tasks.push_back(start(body(), d, all));
    d.until([&] { return all.running == 0; });
    CHECK(done == 20'000);
    CHECK_FALSE(all.error);
}

TEST_CASE_TEMPLATE("memory is not written once the operation has ended", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    for (int round = 0; round < 500; ++round) {
        two_ends pipe(*r);
        crowd all;
        // The page is taken away as soon as the task has ended: a later write would end with EFAULT.
        void* const memory = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        int result = 0;
        const auto reading = [&]() -> task<> {
            try {
                result = co_await read_operation(pipe.reader, memory, page);
            } catch (const cancelled&) {
                result = -ECANCELED;
            }
            mprotect(memory, page, PROT_NONE);
        };
        const auto writing = [&]() -> task<> {
            const int n = co_await write_operation(pipe.writer, "late", 4);
            CHECK(n == 4);
        };
        running_task reader = start(reading(), d, all);
        d.turn();
        running_task writer = start(writing(), d, all);
        if (round % 2 == 0) d.turn();
        reader.stop();
        d.until([&] { return all.running == 0; });
        CHECK((result == 4 || result == -ECANCELED));
        for (int i = 0; i < 3; ++i) {
            r->submit_and_wait(at_once);
            for (const auto& c : reap(*r))
                CHECK(c.res != -EFAULT);
        }
        munmap(memory, page);
    }
}

TEST_CASE("operations of several threads meet on one loop") {
    auto r = kernel_side::make();
    driver loop(*r);
    coil::ring::io_home_of_pool = &loop.io();
    std::atomic<int> left{4};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
        threads.emplace_back([&] {
            auto own = simulated_side::make();
            driver home(*own);
            crowd all;
            const auto body = [&]() -> task<> {
                for (int n = 0; n < 200; ++n) {
                    coil::ring::this_io_home = nullptr;  // as on a worker of a pool
                    CHECK(co_await nop_operation() == 0);
                    CHECK(home.here());
                }
            };
            {
                running_task t = start(body(), home, all);
                home.until([&] { return all.running == 0; });
            }
            --left;
            loop.io().entries.wake();
        });
    loop.until([&] { return left == 0; });
    for (auto& t : threads)
        t.join();
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE("an operation awaited where no loop runs is a clear error") {
    auto own = simulated_side::make();
    driver home(*own);
    std::string text;
    const auto body = [&]() -> task<> {
        coil::ring::this_io_home = nullptr;
        nop_operation once;
        for (int i = 0; i != 2; ++i) {  // who asks again is told again
            try {
                co_await once;
            } catch (const std::logic_error& e) {
                text += e.what();
            }
        }
    };
    run(home, body());
    const std::size_t first = text.find("no loop runs");
    CHECK(first != std::string::npos);
    CHECK(text.find("no loop runs", first + 1) != std::string::npos);
}

TEST_CASE("an operation that gets no entry throws why, on the loop and away from it") {
    // A side that takes nothing.
    struct closed_side final : coil::ring::ring {
        void submit_and_wait(coil::time_point deadline) override {
            if (deadline == coil::time_point::min() && closed) throw std::runtime_error("takes nothing");
        }
        long now(const call&) override { return -EAGAIN; }
        int close(int) noexcept override { return 0; }
        coil::time_point clock() const noexcept override { return {}; }
        void wake() noexcept override {}
        closed_side() {
            completion_head_ = &words[0];
            completion_tail_ = &words[1];
            entry_head_ = &words[2];
        }
        word words[3] = {};
        bool closed = false;
    } side;
    driver loop(side);
    coil::ring::io_home_of_pool = &loop.io();
    coil::manual_executor away;
    crowd all;
    int thrown = 0;
    const auto body = [&]() -> task<> {
        try {
            co_await nop_operation();
        } catch (const std::runtime_error& e) {
            thrown += std::string(e.what()) == "takes nothing";
        }
    };
    const running_task here = start(body(), loop.io().loop, all);
    const running_task there = start(body(), away, all);
    away.drain();
    side.closed = true;
    loop.until([&] {
        away.drain();
        return all.running == 0;
    });
    CHECK(thrown == 2);
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE("a suspended operation says what it is and where") {
    auto r = simulated_side::make();
    driver d(*r);
    crowd all;
    two_ends pipe(*r);
    const auto body = [&]() -> task<> {
        char c = 0;
        try {
            co_await read_operation(pipe.reader, &c, 1);
        } catch (const cancelled&) {}
    };
    running_task t = start(body(), d, all);
    d.turn();
    std::string text;
    t.record().each_wait([](coil::wait& w, void* to) { w.describe(*static_cast<std::string*>(to)); }, &text);
    CHECK(text == "read of fd " + std::to_string(pipe.reader.number()));
    t.stop();
    d.until([&] { return all.running == 0; });
}
