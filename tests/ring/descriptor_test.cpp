// SPDX-License-Identifier: BSL-1.0
// A descriptor and the operations that are in flight on it.
#include <coil/runtime/ring/descriptor.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/close.hpp>
#include <coil/runtime/ring/file_operations.hpp>
#include <coil/runtime/ring/plain_operations.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::close_operation;
using coil::ring::descriptor;
using coil::ring::nop_operation;
using coil::ring::poll_operation;
using coil::ring::read_operation;
using coil::ring::write_operation;

namespace {

std::pair<descriptor, descriptor> make_pipe(coil::ring::ring& r) {
    std::array<int, 2> ends{};
    REQUIRE(r.now(call::pipe(ends.data())) == 0);
    coil::ring::ring* const keeper = r.keeps_descriptors() ? &r : nullptr;
    return {descriptor(ends[0], keeper), descriptor(ends[1], keeper)};
}

bool is_open(coil::ring::ring& r, int fd) {
    char c = 0;
    return r.now(call::read(fd, &c, 0)) != -EBADF || r.now(call::write(fd, &c, 0)) != -EBADF;
}

std::span<const std::byte> bytes(std::string_view text) {
    return std::as_bytes(std::span(text));
}

class named_read : public read_operation {
public:
    using read_operation::read_operation;
    std::string name() const {
        const auto all = name_of_descriptor();
        return {reinterpret_cast<const char*>(all.data()), all.size()};
    }
};

}  // namespace

TEST_CASE_TEMPLATE("a descriptor is moved, given away and closed", Side, EVERY_SIDE) {
    auto r = Side::make();
    auto [reader, writer] = make_pipe(*r);
    const int number = reader.number();
    descriptor moved = std::move(reader);
    CHECK_FALSE(reader);
    CHECK(reader.number() == -1);
    CHECK(moved.number() == number);
    descriptor& itself = moved;
    moved = std::move(itself);
    CHECK(moved.number() == number);
    const int given = moved.release();
    CHECK(given == number);
    CHECK_FALSE(moved);
    CHECK(is_open(*r, number));
    moved = descriptor(given, r->keeps_descriptors() ? r.get() : nullptr);
    moved.reset();
    moved.reset();
    CHECK_FALSE(is_open(*r, number));
    CHECK(descriptor().release() == -1);
}

TEST_CASE_TEMPLATE("moving the object does not disturb what is in flight", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    auto [reader, writer] = make_pipe(*r);
    int n = 0;
    const auto reading = [&]() -> task<> {
        char c = 0;
        n = co_await read_operation(reader, &c, 1);
    };
    running_task t = start(reading(), d, all);
    d.turn();
    descriptor elsewhere = std::move(reader);
    run(d, [](descriptor& w) -> task<> { CHECK(co_await write_operation(w, "x", 1) == 1); }(writer));
    d.until([&] { return all.running == 0; });
    CHECK(n == 1);
}

TEST_CASE_TEMPLATE("destroying the object ends what is in flight, and the last one closes", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    auto [reader, writer] = make_pipe(*r);
    const int number = reader.number();
    int read = 0, polled = 0;
    const auto reading = [&]() -> task<> {
        char c = 0;
        read = co_await read_operation(reader, &c, 1);
    };
    const auto polling = [&]() -> task<> { polled = co_await poll_operation(reader, 1); };
    running_task a = start(reading(), d, all);
    running_task b = start(polling(), d, all);
    d.turn();
    CHECK_THROWS_AS(reader.release(), std::logic_error);
    reader.reset();
    CHECK_FALSE(reader);
    CHECK(is_open(*r, number));  // nobody gets the number while the kernel may still use it
    d.until([&] { return all.running == 0; });
    CHECK(read == -ECANCELED);
    CHECK(polled == -ECANCELED);
    CHECK_FALSE(is_open(*r, number));
}

TEST_CASE_TEMPLATE("bytes for a closed descriptor do not reach the next owner of its number", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    for (int round = 0; round < 50; ++round) {
        crowd all;
        auto [reader, writer] = make_pipe(*r);
        int result = 0;
        char old = 0;
        const auto reading = [&]() -> task<> { result = co_await read_operation(reader, &old, 1); };
        running_task t = start(reading(), d, all);
        d.turn();
        reader.reset();
        auto [next_reader, next_writer] = make_pipe(*r);
        const auto writing = [&]() -> task<> {
            (void)co_await write_operation(writer, "o", 1);  // to the old pipe
            CHECK(co_await write_operation(next_writer, "n", 1) == 1);
        };
        char fresh = 0;
        const auto fresh_reading = [&]() -> task<> { CHECK(co_await read_operation(next_reader, &fresh, 1) == 1); };
        signal(SIGPIPE, SIG_IGN);
        running_task w = start(writing(), d, all);
        running_task f = start(fresh_reading(), d, all);
        d.until([&] { return all.running == 0; });
        signal(SIGPIPE, SIG_DFL);
        CHECK(fresh == 'n');
        CHECK((result == -ECANCELED || (result == 1 && old == 'o')));
    }
}

TEST_CASE_TEMPLATE("an operation on a closed or empty descriptor is EBADF", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    auto [reader, writer] = make_pipe(*r);
    const auto body = [&]() -> task<> {
        char c = 0;
        descriptor none;
        CHECK(co_await read_operation(none, &c, 1) == -EBADF);
        // made while it was open, and awaited while one that is in flight still holds the slot
        read_operation late(reader, &c, 1);
        reader.reset();
        const int result = co_await late;
        CHECK(result == -EBADF);
    };
    crowd all;
    const auto polling = [&]() -> task<> {
        const int result = co_await poll_operation(reader, 1);
        CHECK(result == -ECANCELED);
    };
    running_task a = start(polling(), d, all);
    running_task b = start(body(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK_FALSE(all.error);
}

TEST_CASE_TEMPLATE("a stop and a close of the same read end it once", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    for (int round = 0; round < 20; ++round) {
        crowd all;
        auto ends = make_pipe(*r);
        int ended = 0;
        const auto reading = [&]() -> task<> {
            char c = 0;
            try {
                const int n = co_await read_operation(ends.first, &c, 1);
                CHECK(n == -ECANCELED);
            } catch (const cancelled&) {}
            ++ended;
        };
        running_task t = start(reading(), d, all);
        if (round % 2 == 0) d.turn();
        if (round % 3 == 0) {
            t.stop();
            ends.first.reset();
        } else {
            ends.first.reset();
            t.stop();
        }
        d.until([&] { return all.running == 0; });
        CHECK(ended == (round % 2 == 0 ? 1 : ended));
    }
}

TEST_CASE_TEMPLATE("whoever fails finds the descriptor's name, whatever has become of that", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    auto [reader, writer] = make_pipe(*r);
    reader.set_name(bytes("reader"));
    named_read before(reader, nullptr, 0);
    const auto waits = [&](int& result, std::string& name) -> task<> {
        char c = 0;
        named_read o(reader, &c, 1);
        result = co_await o;
        co_await nop_operation();  // the slot had time to go
        name = o.name();
    };
    const auto comes_late = [&]() -> task<> {
        const int result = co_await before;
        CHECK(result == -EBADF);
        CHECK(before.name() == "reader");
    };
    int result = 0;
    std::string name;
    auto [nameless, its_writer] = make_pipe(*r);
    const auto waits_too = [&]() -> task<> {
        char c = 0;
        named_read o(nameless, &c, 1);
        const int n = co_await o;
        CHECK(n == -ECANCELED);
        CHECK(o.name().empty());  // the slot is gone, and nobody looks into it
    };
    running_task a = start(waits(result, name), d, all);
    running_task e = start(waits_too(), d, all);
    d.turn();
    nameless.reset();
    CHECK_THROWS_AS(reader.set_name(bytes("other")), std::logic_error);
    CHECK(reader.name().size() == 6);
    reader.reset();
    CHECK(reader.name().empty());
    running_task b = start(comes_late(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK_FALSE(all.error);
    CHECK(result == -ECANCELED);
    CHECK(name == "reader");
}

TEST_CASE_TEMPLATE("what a close has emptied still has its name, and so has what never was open", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    auto [reader, writer] = make_pipe(*r);
    const int number = reader.number();
    const std::string long_name(5000, 'n');
    reader.set_name(bytes(long_name));
    descriptor moved;
    const auto body = [&]() -> task<> {
        const int closed = co_await close_operation(reader);
        CHECK(closed == 0);
        CHECK_FALSE(reader);
        CHECK(reader.number() == -1);
        CHECK_FALSE(is_open(*r, number));
        CHECK(reader.name().size() == long_name.size());
        CHECK(reader.release() == -1);
        moved = std::move(reader);
        CHECK(reader.name().empty());
        char c = 0;
        named_read o(moved, &c, 1);
        const int result = co_await o;
        moved.reset();
        CHECK(result == -EBADF);
        CHECK(o.name() == long_name);
        const int again = co_await close_operation(moved);
        CHECK(again == 0);
        moved.set_name(bytes("none"));
        CHECK_FALSE(moved);
        named_read unbegun(moved, &c, 1);
        moved = std::move(writer);
        CHECK(moved);
        CHECK(moved.name().empty());
    };
    run(d, body());
    { const close_operation never_awaited(moved); }
    CHECK_FALSE(moved);
}

TEST_CASE("an operation on its way to a loop finds the descriptor closed and gives no entry") {
    auto r = kernel_side::make();
    driver loop(*r);
    coil::ring::io_home_of_pool = &loop.io();
    auto own = simulated_side::make();
    driver home(*own);
    crowd all;
    auto ends = make_pipe(*r);
    const int number = ends.first.number();
    int result = 0;
    const auto body = [&]() -> task<> {
        coil::ring::this_io_home = nullptr;
        char c = 0;
        result = co_await read_operation(ends.first, &c, 1);
    };
    running_task t = start(body(), home, all);
    home.turn();
    ends.first.reset();
    loop.turn();
    CHECK(r->unsubmitted() == 0);
    CHECK_FALSE(is_open(*r, number));
    home.turn();
    CHECK(all.running == 0);
    CHECK(result == -ECANCELED);
    coil::ring::io_home_of_pool = nullptr;
}

TEST_CASE("a close from another thread cancels on the loop's") {
    auto r = kernel_side::make();
    driver d(*r);
    for (int round = 0; round < 200; ++round) {
        crowd all;
        auto ends = make_pipe(*r);
        const int number = ends.first.number();
        int result = 0;
        const auto reading = [&]() -> task<> {
            char c = 0;
            result = co_await read_operation(ends.first, &c, 1);
        };
        running_task t = start(reading(), d, all);
        d.turn();
        std::thread other([&, held = std::move(ends.first)]() mutable { held.reset(); });
        d.until([&] { return all.running == 0; });
        other.join();
        d.turn();
        CHECK(result == -ECANCELED);
        CHECK_FALSE(is_open(*r, number));
    }
}

TEST_CASE("a pool thread's operations go where others on the same descriptor are in flight") {
    auto first_ring = kernel_side::make();
    auto second_ring = kernel_side::make();
    driver first(*first_ring), second(*second_ring);
    crowd all;
    std::array<int, 2> ends{};
    REQUIRE(first_ring->now(call::socketpair(1 /*AF_UNIX*/, 1 /*SOCK_STREAM*/, 0, ends.data())) == 0);
    descriptor mine(ends[0]), peer(ends[1]);
    int read = 0;
    const auto reading = [&]() -> task<> {
        char c = 0;
        read = co_await poll_operation(mine, 1 /*POLLIN*/);
        (void)c;
    };
    const auto polling = [&]() -> task<> {
        CHECK((co_await poll_operation(mine, 4 /*POLLOUT*/) & 4) != 0);
        CHECK(second.here());  // submitted on the first loop's ring, and home again
    };
    running_task a = start(reading(), first, all);
    first.turn();
    running_task b = start(polling(), second, all);
    const int posts = first.posts;
    second.turn();
    CHECK(second_ring->unsubmitted() == 0);
    CHECK(first.posts == posts + 1);
    for (int i = 0; i < 1000 && all.running == 2; ++i) {
        first.turn();
        second.turn();
    }
    CHECK(all.running == 1);
    mine.reset();
    for (int i = 0; i < 1000 && all.running != 0; ++i) {
        first.turn();
        second.turn();
    }
    CHECK(all.running == 0);
    CHECK(read == -ECANCELED);
}
