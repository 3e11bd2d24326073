// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/part_operations.hpp>

#include "../ring/driver.hpp"
#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <sys/uio.h>

#include <array>
#include <cerrno>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using coil::byte_span;
using coil::byte_view;
using coil::fs::mode;

TEST_CASE("parts are written and read one after another") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        const std::array<byte_view, 4> out{byte_view("head"), byte_view(), byte_view("body"), byte_view("!")};
        CHECK(co_await f.write_parts_at(out, 2) == 9);
        std::string a(3, '.'), b(20, '.');
        const std::array<byte_span, 2> in{byte_span(a), byte_span(b)};
        CHECK(co_await f.read_parts_at(in, 2) == 9);
        CHECK(a == "hea");
        CHECK(b.substr(0, 6) == "dbody!");
        // more than one entry takes
        std::vector<std::string> many(100);
        std::vector<byte_view> views;
        std::string whole;
        for (std::size_t i = 0; i < many.size(); ++i) {
            many[i] = std::string(i % 7, static_cast<char>('a' + i % 26));
            views.emplace_back(many[i]);
            whole += many[i];
        }
        co_await coil::resume_on(coil::pool());
        CHECK(co_await f.write_parts_at(views, 0) == whole.size());
        std::string back(whole.size(), '.');
        std::vector<byte_span> spans;
        for (std::size_t i = 0; i < back.size(); i += 5)
            spans.emplace_back(back.data() + i, std::min<std::size_t>(5, back.size() - i));
        CHECK(co_await f.read_parts_at(spans, 0) == whole.size());
        CHECK(back == whole);
        const auto before = allocations();
        CHECK(co_await f.read_parts_at(spans, 0) == whole.size());
        CHECK(allocations() == before);
        CHECK(co_await f.read_parts_at({}, 0) == 0);
    }());
}

TEST_CASE("parts that are cut short go on within a part; errors and stops tell what was moved") {
    scripted_ring r;
    ring_test::driver d(r);
    coil::fs::file f(coil::ring::descriptor(7, &r), "some/file");
    std::vector<std::vector<std::pair<std::string, std::size_t>>> seen;
    r.on_entry = [&](const io_uring_sqe& e) {
        seen.emplace_back();
        const auto* const parts = reinterpret_cast<const iovec*>(e.addr);
        for (unsigned i = 0; i < e.len; ++i)
            seen.back().emplace_back(std::string(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len), e.off);
    };
    const std::array<byte_view, 3> out{byte_view("abc"), byte_view("defg"), byte_view("hi")};
    const auto writes = [&]() -> task<> {
        CHECK(co_await f.write_parts_at(out, 10) == 9);
        auto full = co_await coil::as_result(f.write_parts_at(out, 10));
        CHECK(full.error().message() == "write_parts_at some/file after 3 of 9 bytes: No space left on device");
        auto far = co_await coil::as_result(f.write_parts_at(out, ~0ULL));
        CHECK(far.error() == std::errc::invalid_argument);
    };
    r.answers = {5, 4, 3, -ENOSPC};
    ring_test::run(d, writes());
    REQUIRE(seen.size() == 4);
    using parts = std::vector<std::pair<std::string, std::size_t>>;
    CHECK(seen[0] == parts{{"abc", 10}, {"defg", 10}, {"hi", 10}});
    CHECK(seen[1] == parts{{"fg", 15}, {"hi", 15}});
    CHECK(seen[3] == parts{{"defg", 13}, {"hi", 13}});

    ring_test::crowd all;
    std::size_t moved = 0;
    const auto stopped = [&]() -> task<> {
        try {
            co_await f.write_parts_at(out, 0);
        } catch (const coil::cancelled& c) {
            moved = c.transferred();
        }
    };
    r.answers = {4, std::nullopt};
    auto t = ring_test::start(stopped(), d, all);
    for (int i = 0; i < 3; ++i) {
        r.wake();
        d.turn();
    }
    t.stop();
    d.until([&] { return all.running == 0; });
    CHECK(moved == 4);
}
