// SPDX-License-Identifier: BSL-1.0
// What reads and writes at offsets do when they are cut short, and what they cost.
#include <coil/runtime/io/file_operations.hpp>

#include "../ring/driver.hpp"
#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::cancelled;
using coil::fs::file;
using coil::fs::mode;

namespace {

file scripted(scripted_ring& r) {
    return file(coil::ring::descriptor(7, &r), "some/file");
}

struct ending {
    std::size_t value = 0;
    bool stopped = false;
    std::size_t transferred = 0;
    std::error_code error;
    std::string text;
};

template <class Operation>
task<> note(Operation operation, ending& how) {
    try {
        how.value = co_await operation;
    } catch (const cancelled& c) {
        how.stopped = true;
        how.transferred = c.transferred();
    } catch (const coil::transfer_error& e) {
        how.error = e.code();
        how.transferred = e.transferred();
        how.text = e.what();
    }
}

std::vector<std::pair<std::uint64_t, unsigned>> asked(const scripted_ring& r) {
    std::vector<std::pair<std::uint64_t, unsigned>> all;
    for (const io_uring_sqe& e : r.seen)
        all.emplace_back(e.off, e.len);
    return all;
}

}  // namespace

TEST_CASE("what is in memory is read without an entry, the rest with as few as it takes") {
    scripted_ring r;
    ring_test::driver d(r);
    std::string text(10, '.');
    ending whole, part, end, cold;
    file f = scripted(r);
    r.call_answers = {10};
    ring_test::run(d, note(f.read_at(text, 100), whole));
    CHECK(whole.value == 10);
    CHECK(r.seen.empty());
    REQUIRE(r.calls.size() == 1);
    CHECK(r.calls[0].offset == 100);

    r.call_answers = {4, -EAGAIN};
    r.answers = {1, -EINTR, 5};
    ring_test::run(d, note(f.read_at(text, 100), part));
    CHECK(part.value == 10);
    CHECK(asked(r) == std::vector<std::pair<std::uint64_t, unsigned>>{{104, 6}, {105, 5}, {105, 5}});

    r.seen.clear();
    r.call_answers = {4, 0};  // the file ends there
    ring_test::run(d, note(f.read_at(text, 100), end));
    CHECK(end.value == 4);
    CHECK(r.seen.empty());

    r.answers = {4, 0};
    ring_test::run(d, note(f.read_at(text, 100), cold));
    CHECK(cold.value == 4);
    CHECK(r.seen.size() == 2);
}

TEST_CASE("a read is tried where it is alone; where others are ready or wait to be submitted, it shares their system call") {
    scripted_ring r;
    ring_test::driver d(r);
    std::string text(10, '.');
    ending first, second, alone;
    file f = scripted(r);
    r.answers = {10, 10};
    ring_test::crowd all;
    {
        const auto one = ring_test::start(note(f.read_at(text, 0), first), d, all);  // the second is ready
        const auto two = ring_test::start(note(f.read_at(text, 0), second), d, all);  // the first waits to be submitted
        d.until([&] { return all.running == 0; });
    }
    CHECK(first.value == 10);
    CHECK(second.value == 10);
    CHECK(r.calls.empty());
    CHECK(r.seen.size() == 2);
    r.call_answers = {10};
    ring_test::run(d, note(f.read_at(text, 0), alone));
    CHECK(alone.value == 10);
    CHECK(r.calls.size() == 1);
    CHECK(r.seen.size() == 2);
}

TEST_CASE("a direct file is not tried: a read past the cache that may not wait waits for the device all the same") {
    scripted_ring r;
    ring_test::driver d(r);
    std::string text(10, '.');
    const std::array<coil::byte_span, 1> parts{coil::byte_span(text)};
    ending one, several;
    file f(coil::ring::descriptor(7, &r), "some/file", true);
    r.call_answers = {10, 10};  // which nobody is to ask for
    r.answers = {10, 10};
    ring_test::run(d, note(f.read_at(text, 0), one));
    ring_test::run(d, note(f.read_parts_at(parts, 0), several));
    CHECK(one.value == 10);
    CHECK(several.value == 10);
    CHECK(r.calls.empty());
    CHECK(r.seen.size() == 2);
}

TEST_CASE("a large file is read and written in steps between which others have their turn") {
    scripted_ring r;
    ring_test::driver d(r);
    constexpr int step = 1 << 20;
    std::vector<char> much(3 * step + 5);
    ending read, write;
    file f = scripted(r);
    r.call_answers = {step};  // only the first step is tried on the spot
    r.answers = {step, step, 5};
    ring_test::run(d, note(f.read_at(much, 0), read));
    CHECK(read.value == much.size());
    REQUIRE(r.seen.size() == 3);
    CHECK(r.seen[0].off == step);
    CHECK(r.seen[0].len == step);
    CHECK(r.seen[2].len == 5);
    r.seen.clear();
    r.answers = {step, step, step, 5};
    ring_test::run(d, note(f.write_at(much, 0), write));
    CHECK(write.value == much.size());
    CHECK(r.seen.size() == 4);
}

TEST_CASE("a write that runs out of room says how much was written") {
    scripted_ring r;
    ring_test::driver d(r);
    ending full, silent;
    file f = scripted(r);
    r.answers = {4, -ENOSPC};
    ring_test::run(d, note(f.write_at("0123456789", 0), full));
    CHECK(full.error == std::errc::no_space_on_device);
    CHECK(full.transferred == 4);
    CHECK(full.text == "write_at some/file after 4 of 10 bytes: No space left on device");
    r.answers = {4, 0};  // takes nothing and says nothing: no endless loop
    ring_test::run(d, note(f.write_at("0123456789", 0), silent));
    CHECK(silent.error == std::errc::io_error);
    CHECK(silent.transferred == 4);
}

TEST_CASE("a stop in the middle of a read or a write tells what was moved") {
    for (const bool writes : {false, true}) {
        CAPTURE(writes);
        scripted_ring r;
        ring_test::driver d(r);
        ring_test::crowd all;
        std::string text(10, '.');
        ending how;
        file f = scripted(r);
        r.answers = {4, std::nullopt};
        auto t = writes ? ring_test::start(note(f.write_at(text, 0), how), d, all)
                        : ring_test::start(note(f.read_at(text, 0), how), d, all);
        for (int i = 0; i < 3; ++i) {
            r.wake();
            d.turn();
        }
        CHECK(r.seen.size() == 2);
        t.stop();
        d.until([&] { return all.running == 0; });
        CHECK(how.stopped);
        CHECK(how.transferred == 4);
    }
}

TEST_CASE("a close in the middle ends reads and writes, and waits for them") {
    scripted_ring r;
    ring_test::driver d(r);
    ring_test::crowd all;
    std::string text(10, '.');
    ending read, write;
    bool closed = false;
    file f = scripted(r);
    auto reading = ring_test::start(note(f.read_at(text, 0), read), d, all);
    auto writing = ring_test::start(note(f.write_at("abc", 0), write), d, all);
    r.wake();
    d.turn();
    r.wake();
    d.turn();
    const auto closes = [&]() -> task<> {
        co_await f.close();
        closed = true;
        CHECK_FALSE(read.text.empty());
    };
    r.answers = {0};  // the close itself
    auto closing = ring_test::start(closes(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK(closed);
    CHECK(read.error == std::errc::operation_canceled);
    CHECK(write.error == std::errc::operation_canceled);
    CHECK(write.text == "write_at some/file: Operation canceled");
    CHECK(r.seen.back().opcode == IORING_OP_CLOSE);
}

TEST_CASE("an error that only closing brings to light is thrown") {
    scripted_ring r;
    ring_test::driver d(r);
    std::string text;
    const auto closes = [&]() -> task<> {
        file f = scripted(r);
        auto failed = co_await coil::as_result(f.close());
        text = failed.error().message();
    };
    r.answers = {-EDQUOT};
    ring_test::run(d, closes());
    CHECK(text == "close some/file: Disk quota exceeded");
}

TEST_CASE("operations of a file that are stopped before do nothing; its close is done all the same") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        co_await f.write_at("abc", 0);
        std::string text(3, '.');
        ending read, write, size;
        bool sync = false, closed = false;
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            co_await note(f.read_at(text, 0), read);
            co_await note(f.write_at("xyz", 0), write);
            co_await note(f.size(), size);
            try {
                co_await f.sync();
            } catch (const cancelled&) {
                sync = true;
            }
            co_await f.close();
            closed = true;
        };
        auto h = coil::spawn(all());
        co_await h.join_for(1h);
        CHECK(read.stopped);
        CHECK(write.stopped);
        CHECK(size.stopped);
        CHECK(sync);
        CHECK(text == "...");
        CHECK(closed);
        CHECK_FALSE(f.is_open());
        auto again = co_await coil::fs::open(folder / "f");
        co_await again.read_at(text, 0);
        CHECK(text == "abc");
    }());
}

TEST_CASE("reading what is in memory allocates nothing and suspends nobody for long") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        co_await f.write_at(std::vector<char>(65536, 'x'), 0);
        std::array<char, 4096> block{};
        bool turned = false;
        const auto modest = [&]() -> task<> {
            turned = true;
            co_return;
        };
        const auto before = allocations();
        for (int i = 0; i < 2000; ++i)
            CHECK(co_await f.read_at(block, static_cast<std::uint64_t>(i % 16) * 4096) == 4096);
        CHECK(allocations() == before);
        auto h = coil::spawn(modest());
        for (int i = 0; i < 2000 && !turned; ++i)
            co_await f.read_at(block, 0);
        CHECK(turned);
    }());
}
