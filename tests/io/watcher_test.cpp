// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/watcher.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/path_operations.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
namespace fs = coil::fs;
using kind = fs::watch_event::kind;
using fs::watch_events;

namespace {

task<fs::watch_event> wanted(fs::watcher& w, kind what) {
    for (;;) {
        fs::watch_event e = co_await w.next();
        if (e.what == what) co_return e;
    }
}

}  // namespace

TEST_CASE("what happens in a folder is told in order") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        fs::watcher w;
        const int number = w.watch(folder.path());
        CHECK_THROWS_AS(co_await coil::timeout(0ms, w.next()), coil::timed_out);
        co_await fs::write_file(folder / "a", "x");
        auto e = co_await w.next();
        CHECK(e.what == kind::created);
        CHECK(e.watch == number);
        CHECK(e.path == folder.path());
        CHECK(e.name == "a");
        CHECK(e.full_path() == folder / "a");
        CHECK_FALSE(e.is_directory);
        CHECK((co_await w.next()).what == kind::modified);
        CHECK((co_await w.next()).what == kind::written);
        co_await fs::rename(folder / "a", folder / "a longer name than before");
        auto from = co_await w.next(), to = co_await w.next();
        CHECK(from.what == kind::moved_from);
        CHECK(from.name == "a");
        CHECK(to.what == kind::moved_to);
        CHECK(to.name == "a longer name than before");
        CHECK(from.cookie != 0);
        CHECK(from.cookie == to.cookie);
        co_await fs::mkdir(folder / "d");
        e = co_await w.next();
        CHECK(e.what == kind::created);
        CHECK(e.is_directory);
        co_await fs::remove(folder / "d");
        e = co_await w.next();
        CHECK(e.what == kind::removed);
        CHECK(e.name == "d");
    }());
}

TEST_CASE("only what is asked for is told, of files and of several folders") {
    coil::run([]() -> task<> {
        const temporary_folder one, two;
        co_await fs::write_file(one / "f", "x");
        fs::watcher w;
        const int file = w.watch(one / "f", watch_events::modified | watch_events::self_removed);
        const int folder = w.watch(two.path(), watch_events::created);
        CHECK(file != folder);
        (void)co_await fs::read_file(one / "f");
        co_await fs::write_file(two / "new", "");
        auto e = co_await w.next();
        CHECK(e.watch == folder);
        CHECK(e.path == two.path());
        co_await fs::write_file(one / "f", "y");
        e = co_await w.next();
        CHECK(e.watch == file);
        CHECK(e.name.empty());
        CHECK(e.full_path() == one / "f");
        co_await fs::unlink(one / "f");
        e = co_await wanted(w, kind::self_removed);
        CHECK(e.path == one / "f");
        e = co_await w.next();
        CHECK(e.what == kind::watch_ended);
        CHECK(e.watch == file);
        w.unwatch(folder);
        e = co_await w.next();
        CHECK(e.what == kind::watch_ended);
        CHECK(e.path == two.path());
        CHECK_THROWS_AS(w.unwatch(folder), std::system_error);
    }());
}

TEST_CASE("events beyond the kernel's limit are one overflow") {
    std::size_t most = 16384;
    std::ifstream("/proc/sys/fs/inotify/max_queued_events") >> most;
    if (most > 100000) return;
    coil::run([](std::size_t limit) -> task<> {
        const temporary_folder folder;
        fs::watcher w;
        std::filesystem::create_directory(folder / "c");
        std::filesystem::create_directory(folder / "d");
        w.watch(folder.path(), watch_events::attributes);
        // in turn, for two of the same kind would be one; names are not changed, since disks take their time for that
        for (std::size_t i = 0; i <= limit / 2; ++i)
            for (const char* const name : {"c", "d"})
                std::filesystem::permissions(folder / name, std::filesystem::perms::owner_all);
        const auto e = co_await wanted(w, kind::overflow);
        CHECK(e.watch == -1);
        CHECK(e.path.empty());
    }(most));
}

TEST_CASE("what cannot be watched is an error with its path in it") {
    coil::run([]() -> task<> {
        fs::watcher w;
        try {
            w.watch("/nonexistent");
            FAIL("it was there");
        } catch (const std::system_error& e) {
            CHECK(std::string(e.what()) == "watch /nonexistent: No such file or directory");
        }
        CHECK_THROWS_AS(w.watch(std::string("/tmp\0x", 6)), std::system_error);
        const auto waits = [&]() -> task<std::error_code> {
            auto r = co_await coil::as_result(w.next());
            co_return r.has_value() ? std::error_code() : r.error().code();
        };
        auto h = coil::spawn(waits());
        co_await suspended(h);
        co_await w.close();
        CHECK(co_await h == std::errc::operation_canceled);
        CHECK_THROWS_AS(w.watch("/"), std::system_error);
    }());
}

TEST_CASE("a watcher's next that is stopped loses no event") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        fs::watcher w;
        w.watch(folder.path(), watch_events::created);
        int told = 0;
        auto all = w.events();
        for (int i = 0; i < 50; ++i) {
            const auto waits = [&]() -> task<> {
                (void)co_await w.next();
                ++told;
            };
            auto h = coil::spawn(waits());
            for (int turns = i % 4; turns > 0; --turns)
                co_await coil::yield();
            std::filesystem::create_directory(folder / std::to_string(i));
            if (i % 3 == 0) co_await coil::yield();
            h.cancel();
            co_await h.join_for(1h);
        }
        for (; told < 50; ++told) {
            const auto e = co_await all.next();
            CHECK(e->what == kind::created);
        }
        CHECK_THROWS_AS(co_await coil::timeout(0ms, w.next()), coil::timed_out);
        bool stopped = false;
        const auto before = [&]() -> task<> {
            std::filesystem::create_directory(folder / "last");
            coil::this_thread.current->root->cancel("the test says so");
            try {
                (void)co_await w.next();
            } catch (const coil::cancelled&) {
                stopped = true;
            }
        };
        auto h = coil::spawn(before());
        co_await h.join_for(1h);
        CHECK(stopped);
        CHECK((co_await w.next()).name == "last");
    }());
}

TEST_CASE("a watcher is made with what it watches") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        fs::watcher w{folder.path()};
        co_await fs::write_file(folder / "a", "x");
        CHECK((co_await wanted(w, kind::created)).name == "a");
        try {
            const fs::watcher none{folder / "missing"};
            FAIL("there is nothing to watch");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::no_such_file_or_directory);
        }
    }());
}
