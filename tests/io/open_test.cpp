// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/open.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "low_limit.hpp"
#include "scripted_ring.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::fs::mode;

namespace {

task<std::error_code> opening(std::filesystem::path path, mode m) {
    auto r = co_await coil::as_result(coil::fs::open(std::move(path), m));
    co_return r.has_value() ? std::error_code() : r.error().code();
}

}  // namespace

TEST_CASE("a file that cannot be opened is an error with its path in it") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        try {
            co_await coil::fs::open("/nonexistent");
            FAIL("it was there");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::no_such_file_or_directory);
            CHECK(std::string(e.what()) == "open /nonexistent: No such file or directory");
        }
        auto r = co_await coil::as_result(coil::fs::open("/nonexistent"));
        CHECK(r.error().message() == "open /nonexistent: No such file or directory");
        CHECK(co_await opening(folder.path(), mode::write) == std::errc::is_a_directory);
        CHECK(co_await opening("", mode::read) == std::errc::no_such_file_or_directory);
        const std::string endless(5000, 'x');
        auto too_long = co_await coil::as_result(coil::fs::open(endless));
        CHECK(too_long.error() == std::errc::filename_too_long);
        CHECK(too_long.error().message().size() < 1000);  // what is said is not as long
        CHECK(too_long.error().message().starts_with("open xxxx"));
        co_await coil::fs::write_file(folder / "a", "a");
        const std::string zero = std::string(folder / "a") + std::string("\0b", 2);
        auto behind = co_await coil::as_result(coil::fs::open(zero));  // it does not open what stands before
        REQUIRE_FALSE(behind.has_value());
        CHECK(behind.error().message() == "open " + std::string(folder / "a") + "\\0b: Invalid argument");
        const auto without = [&]() -> task<> {
            const low_limit none(0);
            CHECK(co_await opening(folder / "a", mode::read) == std::errc::too_many_files_open);
        };
        co_await without();
    }());
}

TEST_CASE("each mode is what it says") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto path = folder / "f";
        const auto flags = [](const coil::fs::file& f) { return fcntl(f.native_handle(), F_GETFL); };

        CHECK(co_await opening(path, mode::read) == std::errc::no_such_file_or_directory);
        {
            auto f = co_await coil::fs::open(path, mode::write);
            CHECK((flags(f) & O_ACCMODE) == O_WRONLY);
            CHECK((fcntl(f.native_handle(), F_GETFD) & FD_CLOEXEC) != 0);
            co_await f.write_at("0123456789", 0);
        }
        {
            auto f = co_await coil::fs::open(path);
            CHECK((flags(f) & O_ACCMODE) == O_RDONLY);
            CHECK(co_await f.size() == 10);
            CHECK(f.name() == path.native());
        }
        {
            auto f = co_await coil::fs::open(path, mode::read_write);
            CHECK((flags(f) & O_ACCMODE) == O_RDWR);
            CHECK(co_await f.size() == 10);
        }
        {
            auto f = co_await coil::fs::open(path, mode::append);
            co_await f.write_at("ab", 0);
            CHECK(co_await f.size() == 12);
        }
        CHECK(co_await coil::fs::read_file(path) == "0123456789ab");
        { auto f = co_await coil::fs::open(path, mode::write); }
        CHECK(co_await coil::fs::read_file(path) == "");
        CHECK(co_await opening(path, mode::create_new) == std::errc::file_exists);
        {
            auto f = co_await coil::fs::open(folder / "new", mode::create_new);
            CHECK((flags(f) & O_ACCMODE) == O_RDWR);
        }
        {
            auto f = co_await coil::fs::open(folder / "both", mode::read | mode::append);
            CHECK((flags(f) & (O_ACCMODE | O_APPEND)) == (O_RDWR | O_APPEND));
        }
        { auto f = co_await coil::fs::open(folder / "private", mode::write, 0600); }
        struct stat s {};
        REQUIRE(stat((folder / "private").c_str(), &s) == 0);
        CHECK((s.st_mode & 0777) == 0600);
    }());
}

TEST_CASE("an open that is stopped before opens nothing; one that waits is stopped") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        bool before = false, waiting = false;
        const auto refused = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await coil::fs::open(folder / "f", mode::write);
            } catch (const coil::cancelled&) {
                before = true;
            }
        };
        auto r = coil::spawn(refused());
        co_await r.join_for(1h);
        CHECK(before);
        CHECK_FALSE(std::filesystem::exists(folder / "f"));

        REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
        const auto waits = [&]() -> task<> {
            try {
                co_await coil::fs::open(folder / "pipe", mode::append);  // nobody reads
            } catch (const coil::cancelled&) {
                waiting = true;
            }
        };
        const auto descriptors = open_descriptors();
        auto w = coil::spawn(waits());
        co_await suspended(w);
        co_await coil::sleep_for(1ms);
        w.cancel();
        co_await w;
        CHECK(waiting);
        auto late = co_await coil::as_result(coil::timeout(1ms, coil::fs::open(folder / "pipe", mode::append)));
        REQUIRE_FALSE(late.has_value());
        CHECK(late.error() == std::errc::timed_out);
        CHECK(open_descriptors() == descriptors);
    }());
}

TEST_CASE("an open that a signal interrupts is begun again") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {-EINTR, -512, 9};  // the last but one is the kernel's own name for the same
    int fd = -1;
    const auto body = [&]() -> task<> {
        const auto f = co_await coil::fs::open("x");
        fd = f.native_handle();
    };
    ring_test::run(d, body());
    CHECK(fd == 9);
    CHECK(r.seen.size() == 3);
    CHECK(r.closed == std::vector<int>{9});
}

TEST_CASE("a file that was opened when the stop came is returned, and none is lost") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        co_await coil::fs::write_file(folder / "f", "x");
        const auto before = open_descriptors();
        int opened = 0, stopped = 0;
        for (int i = 0; i < 300; ++i) {
            const auto opens = [&]() -> task<> {
                try {
                    auto f = co_await coil::fs::open(folder / "f");
                    CHECK(f.is_open());
                    ++opened;
                } catch (const coil::cancelled&) {
                    ++stopped;
                }
            };
            auto h = coil::spawn(opens());
            co_await suspended(h);
            if (i % 2 == 0) co_await coil::sleep_for(0s);
            h.cancel();
            co_await h;
        }
        CHECK(opened + stopped == 300);
        CHECK(opened > 0);
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("opening from the pool comes back to the pool") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto opens = [&]() -> task<> {
            auto f = co_await coil::fs::open(folder / "f", mode::read_write);
            CHECK(coil::pool().here());
            CHECK(co_await f.write_at("abc", 0) == 3);
            std::string text(3, '.');
            CHECK(co_await f.read_at(text, 0) == 3);
            CHECK(text == "abc");
            CHECK(coil::pool().here());
            co_await f.close();
            CHECK(coil::pool().here());
        };
        co_await coil::spawn_on(coil::pool(), opens());
    }());
}
