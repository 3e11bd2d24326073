// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/ready.hpp>

#include "loopback.hpp"
#include "pipes.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <chrono>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;

TEST_CASE("readable and writable wait, and consume nothing") {
    coil::run([]() -> task<> {
        stream_pipe p;
        const auto waits = [&]() -> task<> { co_await coil::readable(p.reader.native_handle()); };
        auto h = coil::spawn(waits());
        co_await suspended(h);
        co_await p.writer.write("abc");
        co_await h;
        co_await p.reader.readable();
        std::array<char, 8> buffer{};
        CHECK(co_await p.reader.read(buffer) == 3);
        co_await coil::writable(p.writer.native_handle());
        const std::vector<char> full(65536, 'x');
        co_await p.writer.write(full);
        CHECK_THROWS_AS(co_await coil::timeout(1ms, p.writer.writable()), coil::timed_out);
        co_await p.writer.close();
        std::vector<char> all(65536);
        co_await p.reader.read_exactly(all);
        co_await coil::readable(p.reader.native_handle());  // the end is something to read
        CHECK(co_await p.reader.read(buffer) == 0);
    }());
}

TEST_CASE("readable: what is stopped before waits for nothing; one that waits is stopped") {
    coil::run([]() -> task<> {
        stream_pipe p;
        int stopped = 0;
        const auto waits = [&](bool before) -> task<> {
            if (before) coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await p.reader.readable();
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto first = coil::spawn(waits(true)), second = coil::spawn(waits(false));
        co_await first.join_for(1h);
        co_await suspended(second);
        second.cancel();
        co_await second.join_for(1h);
        CHECK(stopped == 2);
    }());
}

TEST_CASE("readable: errors name the descriptor, and a file is always ready") {
    coil::run([]() -> task<> {
        auto r = co_await coil::as_result(coil::readable(1 << 20));
        CHECK(r.error().message() == "readable fd 1048576: Bad file descriptor");
        auto w = co_await coil::as_result(coil::writable(-1));
        CHECK(w.error().message() == "writable fd -1: Bad file descriptor");
        const temporary_folder folder;
        coil::fd_stream f(::open((folder / "f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
        co_await f.readable();
        co_await f.writable();
    }());
}
