// SPDX-License-Identifier: BSL-1.0
#include <coil/process/channel.hpp>

#include "other_process.hpp"
#include "told.hpp"

#include <coil/process/queue.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <system_error>
#include <thread>
#include <utility>

using namespace process_test;
using coil::task;
namespace process = coil::process;

namespace {
template <class T>
concept can_send = requires(T& end, const typename T::value_type& v) { end.send(v); };
template <class T>
concept can_receive = requires(T& end) { end.receive(); };
}  // namespace

static_assert(can_send<process::sender<int>> && !can_receive<process::sender<int>>);
static_assert(can_receive<process::receiver<int>> && !can_send<process::receiver<int>>);

TEST_CASE("a channel ends when its senders have gone, after what they had sent") {
    auto [a, b] = process::make_channel<int>();
    CHECK(!b.try_receive().has_value());
    {
        auto gone = std::move(a);
        gone.send_blocking(1);
        CHECK(gone.try_send(2));
        CHECK(b.size() == 2);
    }
    CHECK(b.receive_blocking() == 1);
    CHECK(b.receive_blocking() == 2);
    CHECK(!b.receive_blocking().has_value());
    CHECK(b.deaths() == 0);
}

TEST_CASE("who sends while nobody can receive is told") {
    auto ends = process::make_channel<int>({.capacity = 1});
    {
        const auto gone = std::move(ends.second);
    }
    CHECK(error_of([&] { (void)ends.first.try_send(1); }) == std::errc::broken_pipe);
    CHECK(error_of([&] { ends.first.send_blocking(1); }) == std::errc::broken_pipe);
}

TEST_CASE("a channel without room is refused at its line") {
    CHECK(told_by([] { process::make_channel<int>({.capacity = 0}); }).find(at_line(__LINE__)) != std::string::npos);
    CHECK(told_by([] { process::make_duplex<int, int>({.capacity = 0}); }).find(at_line(__LINE__)) != std::string::npos);
}

TEST_CASE("a channel that is closed ends for all") {
    auto [a, b] = process::make_channel<int>();
    a.send_blocking(1);
    a.close();
    CHECK(error_of([&] { a.send_blocking(1); }) == std::errc::broken_pipe);
    CHECK(b.receive_blocking() == 1);
    CHECK(!b.receive_blocking().has_value());
}

TEST_CASE("a channel of both ways carries two kinds of messages") {
    auto [a, b] = process::make_duplex<int, double>();
    const auto body = [&]() -> task<> {
        co_await a.send(3);
        const auto n = co_await b.receive();
        co_await b.send(*n / 2.0);
        const auto half = co_await a.receive();
        CHECK(half == 1.5);
    };
    coil::run(body());
    {
        const auto gone = std::move(b);
    }
    CHECK(!a.receive_blocking().has_value());
    CHECK(error_of([&] { a.send_blocking(1); }) == std::errc::broken_pipe);
}

// ---- two processes

TEST_CASE(CHILD("answers each number")) {
    given objects;
    auto end = objects.take<process::duplex<double, int>>();
    const auto body = [&]() -> task<> {
        for (;;) {
            const auto n = co_await end.receive();
            if (!n) break;
            co_await end.send(*n / 2.0);
        }
    };
    coil::run(body());
}

TEST_CASE("two processes talk both ways, until one has gone") {
    int status = -1;
    {
        auto ends = process::make_duplex<int, double>();
        other_process other("answers each number", message_of(ends.second));
        {
            const auto passed_on = std::move(ends.second);
        }
        const auto body = [&]() -> task<> {
            for (int i = 0; i < 300; ++i) {
                co_await ends.first.send(i);
                const auto half = co_await ends.first.receive();
                CHECK(half == i / 2.0);
            }
        };
        coil::run(body());
        {
            const auto gone = std::move(ends.first);
        }
        status = other.wait();
    }
    CHECK(status == 0);
}

TEST_CASE(CHILD("sends one and waits to be killed")) {
    given objects;
    auto end = objects.take<process::sender<int>>();
    end.send_blocking(7);
    tell_parent('s');
    sleep_until_killed();
}

TEST_CASE("a receiver that waits for a sender that dies comes to the end, after what was sent") {
    auto ends = process::make_channel<int>();
    other_process other("sends one and waits to be killed", message_of(ends.first));
    {
        const auto passed_on = std::move(ends.first);
    }
    const auto body = [&]() -> task<> {
        const auto first = co_await ends.second.receive();
        CHECK(first == 7);
        const auto receives = [&]() -> task<bool> {
            const auto v = co_await ends.second.receive();
            co_return v.has_value();
        };
        auto h = coil::spawn(receives());
        co_await coil::yield();
        CHECK(!h.done());
        other.kill();
        const bool something = co_await h;
        CHECK(!something);
    };
    coil::run(body());
    CHECK(ends.second.deaths() == 1);
}

TEST_CASE("a sender that is lost on its way is no sender any more") {
    auto ends = process::make_channel<int>();
    std::optional<process::encoder> way = message_of(ends.first);
    {
        const auto passed_on = std::move(ends.first);
    }
    CHECK(!ends.second.try_receive().has_value());
    bool over = false;
    std::thread waits([&] { over = !ends.second.receive_blocking().has_value(); });
    way.reset();
    waits.join();
    CHECK(over);
}

TEST_CASE(CHILD("receives one and waits to be killed")) {
    given objects;
    auto end = objects.take<process::receiver<int>>();
    CHECK(end.receive_blocking() == 1);
    tell_parent('r');
    sleep_until_killed();
}

TEST_CASE("a sender that waits for room is told when the last receiver dies") {
    auto ends = process::make_channel<int>({.capacity = 1});
    other_process other("receives one and waits to be killed", message_of(ends.second));
    {
        const auto passed_on = std::move(ends.second);
    }
    std::error_code told;
    const auto body = [&]() -> task<> {
        co_await ends.first.send(1);
        CHECK(other.hear() == 'r');
        co_await ends.first.send(2);
        const auto sends = [&]() -> task<> { co_await ends.first.send(3); };
        auto h = coil::spawn(sends());
        co_await coil::yield();
        other.kill();
        try {
            co_await h;
        } catch (const std::system_error& e) {
            told = e.code();
        }
    };
    coil::run(body());
    CHECK(told == std::errc::broken_pipe);
}

TEST_CASE(CHILD("writes into what it is sent")) {
    given objects;
    auto files = objects.take<process::receiver<coil::ring::descriptor>>();
    auto queues = objects.take<process::receiver<process::queue<int>>>();
    for (int i = 0; i < 20; ++i) {
        const auto file = files.receive_blocking();
        CHECK(file.has_value());
        CHECK((::fcntl(file->number(), F_GETFD) & FD_CLOEXEC) != 0);
        CHECK(::write(file->number(), "x", 1) == 1);
    }
    auto q = queues.receive_blocking();
    CHECK(q.has_value());
    q->put_blocking(99);
}

TEST_CASE("descriptors travel through a channel, and queues do") {
    auto files = process::make_channel<coil::ring::descriptor>();
    auto queues = process::make_channel<process::queue<int>>();
    other_process other("writes into what it is sent", message_of(files.second, queues.second));
    for (int i = 0; i < 20; ++i) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        files.first.send_blocking(coil::ring::descriptor(ends[1]));
        char c = 0;
        CHECK(::read(ends[0], &c, 1) == 1);
        CHECK(c == 'x');
        ::close(ends[0]);
    }
    process::queue<int> q{1};
    queues.first.send_blocking(q);
    CHECK(q.get_blocking() == 99);
    CHECK(other.wait() == 0);
}
