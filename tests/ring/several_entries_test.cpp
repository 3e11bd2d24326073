// SPDX-License-Identifier: BSL-1.0
// An operation that needs several entries, one after another, and one that is done at once.
#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/file_operations.hpp>
#include <coil/runtime/ring/operation.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <string>

using namespace ring_test;
using coil::cancelled;
using coil::task;
using coil::ring::descriptor;
using coil::ring::operation;
using coil::ring::operation_table;
using coil::ring::purpose;
using coil::ring::trial;
using coil::ring::write_operation;

namespace {

// Reads until the buffer is full or the end has come.
class whole_read : public operation {
public:
    whole_read(descriptor& d, std::string& to) : operation(table, d, coil::place::current()), to_(to) {}
    std::size_t done() const { return done_; }
    int entries() const { return entries_; }

private:
    static void prepare(operation& o, const coil::ring::ring&, io_uring_sqe& e) noexcept {
        auto& self = static_cast<whole_read&>(o);
        ++self.entries_;
        coil::ring::prepare_read(e, self.fd(), self.to_.data() + self.done_, self.to_.size() - self.done_, -1);
    }
    static bool goes_on(operation& o, int result) noexcept {
        auto& self = static_cast<whole_read&>(o);
        if (result <= 0) return false;
        self.done_ += static_cast<std::size_t>(result);
        return self.done_ < self.to_.size();
    }
    static constexpr operation_table table = kind("read", purpose::reading, trial::never, &prepare, nullptr, &goes_on);
    std::string& to_;
    std::size_t done_ = 0;
    int entries_ = 0;
};

// Is there at once.
class instant : public operation {
public:
    instant() : operation(table, -1, coil::place::current()) {}

private:
    static long attempt(operation&, coil::ring::ring&) noexcept { return 7; }
    static constexpr operation_table table = kind("instant", purpose::other, trial::always, nullptr, &attempt);
};

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

task<> put(descriptor& to, std::string text) {
    CHECK(co_await write_operation(to, text.data(), text.size()) == static_cast<int>(text.size()));
}

}  // namespace

TEST_CASE_TEMPLATE("an operation goes on with further entries and resumes once", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    two_ends pipe(*r);
    crowd all;
    std::string text(9, '.');
    int entries = 0, resumed = 0;
    const auto body = [&]() -> task<> {
        whole_read op(pipe.reader, text);
        co_await op;
        ++resumed;
        entries = op.entries();
    };
    running_task reader = start(body(), d, all);
    d.turn();
    for (const std::string part : {"abc", "def", "ghi"}) {
        CHECK(resumed == 0);
        run(d, put(pipe.writer, part));
        while (text.find(part) == text.npos)
            d.turn();
    }
    d.until([&] { return all.running == 0; });
    CHECK(text == "abcdefghi");
    CHECK(resumed == 1);
    CHECK(entries == 3);
}

TEST_CASE_TEMPLATE("a stop between two entries ends the operation, which knows what it had", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    two_ends pipe(*r);
    crowd all;
    std::string text(9, '.');
    std::size_t done = 0;
    bool thrown = false;
    const auto body = [&]() -> task<> {
        whole_read op(pipe.reader, text);
        try {
            co_await op;
        } catch (const cancelled&) {
            thrown = true;
        }
        done = op.done();
    };
    running_task reader = start(body(), d, all);
    d.turn();
    run(d, put(pipe.writer, "abc"));
    while (text[2] == '.')
        d.turn();
    reader.stop();
    d.until([&] { return all.running == 0; });
    CHECK(thrown);
    CHECK(done == 3);
    CHECK(text == "abc......");
}

TEST_CASE_TEMPLATE("a stop that comes while a completion waits to be reaped lets no further entry be given", Side,
                   EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    two_ends pipe(*r);
    crowd all;
    std::string text(9, '.');
    std::size_t done = 0;
    bool thrown = false;
    const auto body = [&]() -> task<> {
        whole_read op(pipe.reader, text);
        try {
            co_await op;
        } catch (const cancelled&) {
            thrown = true;
        }
        done = op.done();
    };
    running_task reader = start(body(), d, all);
    d.turn();
    run(d, put(pipe.writer, "abc"));
    for (int i = 0; i < 20 && !r->has_completions() && text[0] == '.'; ++i)
        r->submit_and_wait(at_once);
    reader.stop();
    d.until([&] { return all.running == 0; });  // a further entry would wait for ever
    CHECK(thrown);
    CHECK(text == (done == 3 ? "abc......" : "........."));
}

TEST_CASE_TEMPLATE("a descriptor that is closed between two entries ends the operation", Side, EVERY_SIDE) {
    auto r = Side::make();
    driver d(*r);
    two_ends pipe(*r);
    crowd all;
    std::string text(9, '.');
    int result = 0;
    const auto body = [&]() -> task<> { result = co_await whole_read(pipe.reader, text); };
    running_task reader = start(body(), d, all);
    d.turn();
    run(d, put(pipe.writer, "abc"));
    while (text[2] == '.')
        d.turn();
    pipe.reader.reset();
    d.until([&] { return all.running == 0; });
    CHECK(result == -ECANCELED);
}

TEST_CASE("a chain of operations that are done at once lets others have their turn") {
    auto r = simulated_side::make();
    driver d(*r);
    crowd all;
    bool over = false;
    long long count = 0;
    const auto greedy = [&]() -> task<> {
        while (!over) {
            CHECK(co_await instant() == 7);
            REQUIRE(++count < 100'000);
        }
    };
    const auto modest = [&]() -> task<> {
        over = true;
        co_return;
    };
    running_task first = start(greedy(), d, all);
    running_task second = start(modest(), d, all);
    d.until([&] { return all.running == 0; });
    CHECK(count > 0);
}
