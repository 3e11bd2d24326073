// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/fd_stream.hpp>

#include "counted_allocations.hpp"
#include "loopback.hpp"
#include "pipes.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pty.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::fd_stream;

TEST_CASE("a pipe is read and written, with O_NONBLOCK and without") {
    for (const int flags : {0, O_NONBLOCK}) {
        CAPTURE(flags);
        coil::run([](int with) -> task<> {
            stream_pipe p(with);
            std::array<char, 8> buffer{};
            const auto reads = [&]() -> task<std::size_t> { co_return co_await p.reader.read(buffer); };
            auto h = coil::spawn(reads());
            co_await suspended(h);
            CHECK(co_await p.writer.write("abc") == 3);
            CHECK(co_await h == 3);
            CHECK(std::string(buffer.data(), 3) == "abc");

            const std::vector<char> much(1 << 20, 'm');  // more than a pipe holds
            std::vector<char> read(much.size());
            const auto writes = [&]() -> task<std::size_t> { co_return co_await p.writer.write(much); };
            auto w = coil::spawn(writes());
            CHECK(co_await p.reader.read_exactly(read) == much.size());
            CHECK(co_await w == much.size());
            CHECK(read == much);
            CHECK((fcntl(p.reader.native_handle(), F_GETFL) & O_NONBLOCK) == with);
            CHECK((fcntl(p.writer.native_handle(), F_GETFL) & O_NONBLOCK) == with);

            co_await p.writer.close();
            CHECK(co_await p.reader.read(buffer) == 0);
            auto r = co_await coil::as_result(p.reader.read_exactly(buffer));
            CHECK(r.error().message() == "read_exactly " + std::string(p.reader.name()) + ": No data available");
        }(flags));
    }
}

TEST_CASE("the pool reads and writes pipes too") {
    coil::run([]() -> task<> {
        stream_pipe p(O_NONBLOCK);
        co_await coil::resume_on(coil::pool());
        std::array<char, 3> buffer{};
        CHECK(co_await p.writer.write("abc") == 3);
        CHECK(co_await p.reader.read_exactly(buffer) == 3);
        const auto reads = [&]() -> task<std::size_t> { co_return co_await p.reader.read(buffer); };
        auto h = coil::spawn(reads());
        co_await p.writer.write("d");
        CHECK(co_await h == 1);
    }());
}

TEST_CASE("0, 1 and 2 are never closed, others are") {
    coil::run([]() -> task<> {
        {
            fd_stream in(0), out(1), err(2);
            CHECK(in.name() == "fd 0");
            CHECK(in.native_handle() > 2);
            co_await out.close();
        }
        for (const int fd : {0, 1, 2})
            CHECK(fcntl(fd, F_GETFD) >= 0);
        std::array<int, 2> ends{};
        REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
        {
            fd_stream taken(ends[0]);
            CHECK(taken.native_handle() == ends[0]);
            fd_stream lent = fd_stream::borrow(ends[1]);
            CHECK((fcntl(lent.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
            co_await lent.write("x");
        }
        CHECK(fcntl(ends[0], F_GETFD) < 0);
        CHECK(fcntl(ends[1], F_GETFD) >= 0);
        ::close(ends[1]);
        for (const int fd : {-1, 1 << 20}) {
            try {
                fd_stream none(fd);
                FAIL("it was open");
            } catch (const std::system_error& e) {
                CHECK(e.code() == std::errc::bad_file_descriptor);
                CHECK(std::string(e.what()) == "fd_stream fd " + std::to_string(fd) + ": Bad file descriptor");
            }
        }
        fd_stream none;
        CHECK_FALSE(none.is_open());
        std::array<char, 1> buffer{};
        CHECK((co_await coil::as_result(none.read(buffer))).error() == std::errc::bad_file_descriptor);
        co_await none.close();
    }());
}

TEST_CASE("a file and a terminal are streams") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        fd_stream f(::open((folder / "f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600));
        CHECK(co_await f.write("hello") == 5);
        CHECK(co_await f.write(" you") == 4);
        REQUIRE(lseek(f.native_handle(), 2, SEEK_SET) == 2);
        std::string rest(64, '.');
        CHECK(co_await f.read(rest) == 7);
        CHECK(rest.substr(0, 7) == "llo you");
        CHECK(co_await f.read(rest) == 0);
        co_await f.readable();
        fd_stream directory(::open(folder.path().c_str(), O_RDONLY | O_CLOEXEC));
        CHECK((co_await coil::as_result(directory.read(rest))).error() == std::errc::is_a_directory);

        int master = -1, slave = -1;
        if (openpty(&master, &slave, nullptr, nullptr, nullptr) != 0) co_return;  // no terminals here
        fd_stream typist(master), tty(slave);
        const auto reads = [&]() -> task<std::string> {
            std::string line(64, '.');
            line.resize(co_await tty.read(line));
            co_return line;
        };
        auto stopped = coil::spawn(reads());
        co_await suspended(stopped);
        stopped.cancel("the test says so");
        CHECK_THROWS_AS(co_await stopped, coil::cancelled);
        auto h = coil::spawn(reads());
        co_await suspended(h);
        co_await typist.write("typed\n");
        CHECK(co_await h == "typed\n");
        co_await typist.write("\4");  // the end, for now
        CHECK(co_await tty.read(rest) == 0);
        co_await typist.write("more\n");
        CHECK(co_await tty.read(rest) == 5);
    }());
}

TEST_CASE("a full device and a pipe without a reader are errors, not signals") {
    coil::run([]() -> task<> {
        fd_stream full(::open("/dev/full", O_WRONLY | O_CLOEXEC));
        auto r = co_await coil::as_result(full.write("x"));
        CHECK(r.error() == std::errc::no_space_on_device);
        stream_pipe p;
        co_await p.reader.close();
        auto w = co_await coil::as_result(p.writer.write("x"));
        CHECK(w.error() == std::errc::broken_pipe);
        std::array<char, 1> buffer{};
        CHECK((co_await coil::as_result(p.writer.read(buffer))).error() == std::errc::bad_file_descriptor);
    }());
}

TEST_CASE("an operation of an fd_stream that is stopped before takes nothing; one that waits is stopped") {
    coil::run([]() -> task<> {
        stream_pipe p;
        co_await p.writer.write("a");
        std::array<char, 4> buffer{};
        bool before = false;
        const auto stopped = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await p.reader.read(buffer);
            } catch (const coil::cancelled&) {
                before = true;
            }
        };
        auto h = coil::spawn(stopped());
        co_await h.join_for(1h);
        CHECK(before);
        CHECK(co_await p.reader.read(buffer) == 1);
        CHECK_THROWS_AS(co_await coil::timeout(0ms, p.reader.read(buffer)), coil::timed_out);
        std::size_t moved = 0;
        co_await p.writer.write("ab");
        try {
            co_await coil::timeout(1ms, p.reader.read_exactly(buffer));
        } catch (const coil::timed_out& t) {
            moved = t.transferred();
        }
        CHECK(moved == 2);
        const std::vector<char> much(1 << 20, 'm');
        try {
            co_await coil::timeout(1ms, p.writer.write(much));
        } catch (const coil::timed_out& t) {
            moved = t.transferred();
        }
        std::size_t there = 0;
        std::vector<char> in(much.size());
        co_await p.writer.close();
        for (std::size_t n = 1; n != 0; there += n)
            n = co_await p.reader.read(in);
        CHECK(there == moved);
    }());
}

TEST_CASE("a close ends a read of an fd_stream; a second reader is refused; nothing is allocated") {
    coil::run([]() -> task<> {
        stream_pipe p;
        std::array<char, 64> buffer{};
        const auto reads = [&]() -> task<std::error_code> {
            auto r = co_await coil::as_result(p.reader.read(buffer));
            co_return r.has_value() ? std::error_code() : r.error().code();
        };
        auto h = coil::spawn(reads());
        co_await suspended(h);
        CHECK_THROWS_AS(co_await p.reader.read(buffer), std::logic_error);
        co_await p.reader.close();
        CHECK(co_await h == std::errc::operation_canceled);
        stream_pipe q;
        co_await q.writer.write("x");
        co_await q.reader.read(buffer);
        const auto before = allocations();
        for (int i = 0; i < 100; ++i) {
            co_await q.writer.write("hello");
            CHECK(co_await q.reader.read(buffer) == 5);
        }
        CHECK(allocations() == before);
    }());
}
