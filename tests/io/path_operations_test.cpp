// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/path_operations.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
namespace fs = coil::fs;

TEST_CASE("names are made, changed and taken away") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto a = folder / "a", b = folder / "b", d = folder / "d";
        co_await fs::write_file(a, "a");
        co_await fs::rename(a, b);
        CHECK_FALSE(co_await fs::exists(a));
        CHECK(co_await fs::read_file(b) == "a");
        co_await fs::write_file(a, "other");
        auto kept = co_await coil::as_result(fs::rename(a, b, {.replace = false}));
        CHECK(kept.error() == std::errc::file_exists);
        CHECK(kept.error().message() == "rename " + a.native() + " -> " + b.native() + ": File exists");
        co_await fs::rename(a, b);
        CHECK(co_await fs::read_file(b) == "other");
        co_await fs::link(b, a);
        CHECK((co_await fs::stat(a)).links == 2);
        co_await fs::unlink(b);
        CHECK(co_await fs::read_file(a) == "other");
        co_await fs::symlink("a", b);
        CHECK(co_await fs::read_file(b) == "other");
        co_await fs::unlink(b);
        CHECK(co_await fs::exists(a));
        co_await fs::mkdir(d, 0700);
        CHECK((co_await fs::stat(d)).permissions == std::filesystem::perms::owner_all);
        CHECK(co_await fs::remove(a));
        CHECK(co_await fs::remove(d));
        CHECK_FALSE(co_await fs::remove(a));
        co_await fs::mkdir(d);
        co_await fs::rmdir(d);
        CHECK(std::filesystem::is_empty(folder.path()));
    }());
}

TEST_CASE("errors of names say the operation and every path") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string d = folder / "d", f = folder / "f";
        co_await fs::mkdir(d);
        co_await fs::write_file(f, "f");
        auto r = co_await coil::as_result(fs::rename("a", "b"));
        CHECK(r.error().message() == "rename a -> b: No such file or directory");
        r = co_await coil::as_result(fs::unlink(d));
        CHECK(r.error().message() == "unlink " + d + ": Is a directory");
        r = co_await coil::as_result(fs::rmdir(f));
        CHECK(r.error().message() == "rmdir " + f + ": Not a directory");
        r = co_await coil::as_result(fs::mkdir(d));
        CHECK(r.error().message() == "mkdir " + d + ": File exists");
        r = co_await coil::as_result(fs::symlink("x", f));
        CHECK(r.error().message() == "symlink x -> " + f + ": File exists");
        r = co_await coil::as_result(fs::link(d, folder / "e"));
        CHECK(r.error() == std::errc::operation_not_permitted);
        r = co_await coil::as_result(fs::mkdir(folder / std::string(300, 'x')));
        CHECK(r.error() == std::errc::filename_too_long);
        co_await fs::write_file(d + "/inside", "x");
        auto full = co_await coil::as_result(fs::remove(d));
        CHECK(full.error().message() == "remove " + d + ": Directory not empty");
        const std::string zero = f + std::string("\0z", 2);
        r = co_await coil::as_result(fs::unlink(zero));
        CHECK(r.error().message() == "unlink " + f + "\\0z: Invalid argument");
        r = co_await coil::as_result(fs::rename(f, zero));
        CHECK(r.error() == std::errc::invalid_argument);
        CHECK((co_await coil::as_result(fs::remove(zero))).error() == std::errc::invalid_argument);
        CHECK(co_await fs::exists(f));
    }());
}

TEST_CASE("a change of names that is stopped before does nothing; one in flight has happened or not") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        int stopped = 0;
        const auto before = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await fs::mkdir(folder / "d");
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await fs::remove(folder.path());
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(before());
        co_await h.join_for(1h);
        CHECK(stopped == 2);
        CHECK(std::filesystem::is_empty(folder.path()));
        for (int i = 0; i < 200; ++i) {
            bool made = false;
            const auto path = folder / std::to_string(i);
            const auto makes = [&]() -> task<> {
                co_await fs::mkdir(path);
                made = true;
            };
            auto m = coil::spawn(makes());
            for (int turns = i % 4; turns > 0; --turns)
                co_await coil::yield();
            m.cancel();
            co_await m.join_for(1h);
            CHECK(made == std::filesystem::exists(path));
        }
    }());
}

TEST_CASE("what was interrupted is asked again, and what turns out to be a directory is removed as one") {
    scripted_ring r;
    ring_test::driver d(r);
    const auto all = [&]() -> task<> {
        co_await fs::rename("a", "b", {.replace = false});
        CHECK(co_await fs::remove("d"));
        CHECK_FALSE(co_await fs::remove("d"));
    };
    r.answers = {-EINTR, 0, -EISDIR, 0, -EISDIR, -ENOENT};
    ring_test::run(d, all());
    REQUIRE(r.seen.size() == 6);
    CHECK(r.seen[1].opcode == IORING_OP_RENAMEAT);
    CHECK(r.seen[1].rename_flags == 1);
    CHECK(r.seen[2].unlink_flags == 0);
    CHECK(r.seen[3].unlink_flags == AT_REMOVEDIR);
    ring_test::crowd crowd;
    bool stopped = false;
    const auto waits = [&]() -> task<> {
        try {
            co_await fs::link("a", "b");
        } catch (const coil::cancelled&) {
            stopped = true;
        }
    };
    r.answers = {std::nullopt};
    auto t = ring_test::start(waits(), d, crowd);
    r.wake();
    d.turn();
    r.wake();
    d.turn();
    t.stop();
    d.until([&] { return crowd.running == 0; });
    CHECK(stopped);
}
