// SPDX-License-Identifier: BSL-1.0
// Receiving into lent buffers, where the kernel picks them and where it does not.
#include <coil/runtime/ring/receive.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/buffer_pool.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <vector>

using namespace ring_test;
using coil::cancelled;
using coil::chunk;
using coil::task;
using coil::ring::buffer_pool;
using coil::ring::descriptor;
using coil::ring::receive_operation;

namespace {

struct two_sockets {
    explicit two_sockets(coil::ring::ring& r) : ring(r) {
        std::array<int, 2> ends{};
        REQUIRE(r.now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())) == 0);
        coil::ring::ring* const keeper = r.keeps_descriptors() ? &r : nullptr;
        here = descriptor(ends[0], keeper);
        there = descriptor(ends[1], keeper);
    }
    void send(std::string_view text) {
        REQUIRE(ring.now(call::send(there.number(), text.data(), text.size())) == static_cast<long>(text.size()));
    }
    coil::ring::ring& ring;
    descriptor here, there;
};

// Receives once.
task<> once(descriptor& d, int& result, chunk& into) {
    receive_operation op(d);
    result = co_await op;
    if (result >= 0) into = op.take(result);
}

}  // namespace

TEST_CASE_TEMPLATE("a receive waits without memory, and lends a buffer with what came", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    two_sockets s(*r);
    std::string seen;
    const auto body = [&]() -> task<> {
        for (;;) {
            chunk c;
            int n = -1;
            co_await once(s.here, n, c);
            CHECK(n == static_cast<int>(c.size()));
            CHECK(r->buffers()->lent() == (c.empty() ? 0 : 1));
            if (c.empty()) co_return;
            seen.append(c.text());
        }
    };
    crowd all;
    running_task t = start(body(), d, all);
    d.turn();
    CHECK(r->buffers()->lent() == 0);
    s.send("one ");
    d.until([&] { return seen.size() == 4; });
    s.send("two");
    d.until([&] { return seen.size() == 7; });
    s.there.reset();
    d.until([&] { return all.running == 0; });
    CHECK(seen == "one two");
    CHECK(r->buffers()->lent() == 0);
}

TEST_CASE_TEMPLATE("an error is a value, and holds no buffer", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::pipe(ends.data())) == 0);
    descriptor reader(ends[0]), writer(ends[1]);
    REQUIRE(r->now(call::write(writer.number(), "x", 1)) == 1);
    int n = 0;
    chunk c;
    run(d, once(reader, n, c));
    CHECK(n == -ENOTSOCK);
    CHECK(c.empty());
    CHECK(r->buffers()->lent() == 0);
}

TEST_CASE_TEMPLATE("when all buffers are lent there are more, and then memory of the chunk's own", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    two_sockets s(*r);
    std::vector<chunk> kept;
    const auto body = [&]() -> task<> {
        for (unsigned i = 0; i != buffer_pool::most + 5; ++i) {
            s.send(std::to_string(i));
            chunk c;
            int n = 0;
            co_await once(s.here, n, c);
            kept.push_back(std::move(c));
        }
        CHECK(r->buffers()->lent() == buffer_pool::most);
        kept.resize(100);
        CHECK(r->buffers()->lent() == 100);
        s.send("again");
        chunk c;
        int n = 0;
        co_await once(s.here, n, c);
        CHECK(c.text() == "again");
        CHECK(r->buffers()->lent() == 101);
    };
    run(d, body());
    REQUIRE(kept.size() == 100);
    for (std::size_t i = 0; i < kept.size(); ++i)
        CHECK(kept[i].text() == std::to_string(i));
}

TEST_CASE_TEMPLATE("a stop before takes nothing, a stop while it waits ends it, what had come is returned", Side,
                   REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    two_sockets s(*r);
    int stopped = 0;
    chunk c;
    const auto body = [&](bool waits) -> task<> {
        int n = 0;
        try {
            co_await once(s.here, n, c);
            CHECK(waits);
        } catch (const cancelled&) {
            ++stopped;
        }
    };
    crowd all;
    running_task waiting = start(body(true), d, all);
    d.turn();
    waiting.stop();
    d.until([&] { return all.running == 0; });
    CHECK(stopped == 1);

    s.send("later");
    running_task late = start(body(true), d, all);
    d.turn();
    r->submit_and_wait(at_once);  // it completes here
    late.stop();
    d.until([&] { return all.running == 0; });
    CHECK(stopped == 1);
    CHECK(c.text() == "later");

    s.send("untouched");
    running_task never_begun = start(body(false), d, all);
    never_begun.stop();
    d.until([&] { return all.running == 0; });
    std::array<char, 16> left{};
    CHECK(r->now(call::recv(s.here.number(), left.data(), left.size())) == 9);
    c.reset();
    CHECK(r->buffers()->lent() == 0);
}

TEST_CASE_TEMPLATE("closing ends a receive that waits", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    two_sockets s(*r);
    int n = 0;
    chunk c;
    crowd all;
    running_task t = start(once(s.here, n, c), d, all);
    d.turn();
    s.here.reset();
    d.until([&] { return all.running == 0; });
    CHECK(n == -ECANCELED);
    CHECK(r->buffers()->lent() == 0);
}
