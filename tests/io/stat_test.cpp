// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/stat.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"
#include "without_rights.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
namespace fs = coil::fs;

TEST_CASE("stat, lstat, exists and a file's status") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto path = folder / "f";
        co_await fs::write_file(path, "12345");
        std::filesystem::create_symlink("f", folder / "to_f");
        std::filesystem::create_symlink("none", folder / "broken");
        const auto m = co_await fs::stat(path);
        CHECK(m.is_regular_file());
        CHECK(m.size == 5);
        CHECK(m.links == 1);
        CHECK(m.modified.time_since_epoch().count() != 0);
        CHECK((co_await fs::stat(folder / "to_f")).is_same_file(m));
        CHECK((co_await fs::lstat(folder / "to_f")).is_symlink());
        CHECK((co_await fs::stat(folder.path())).is_directory());
        CHECK(co_await fs::exists(path));
        CHECK(co_await fs::exists(folder / "to_f"));
        CHECK_FALSE(co_await fs::exists(folder / "broken"));
        CHECK_FALSE(co_await fs::exists(folder / "none"));
        CHECK_FALSE(co_await fs::exists(path / "below a file"));
        auto f = co_await fs::open(path);
        CHECK((co_await f.status()).is_same_file(m));
        co_await f.close();
        CHECK((co_await coil::as_result(f.status())).error().message() ==
              "status " + path.native() + ": Bad file descriptor");
    }());
}

TEST_CASE("stat: errors name the path") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto none = co_await coil::as_result(fs::stat("/nonexistent"));
        CHECK(none.error().message() == "stat /nonexistent: No such file or directory");
        auto zero = co_await coil::as_result(fs::lstat(std::string("/tmp\0x", 6)));
        CHECK(zero.error().message() == "lstat /tmp\\0x: Invalid argument");
        auto zero_exists = co_await coil::as_result(fs::exists(std::string("/tmp\0x", 6)));
        CHECK(zero_exists.error() == std::errc::invalid_argument);
        auto name = co_await coil::as_result(fs::exists(folder / std::string(300, 'x')));
        CHECK(name.error() == std::errc::filename_too_long);
    }());
}

TEST_CASE("a stat that is stopped before asks nothing") {
    coil::run([]() -> task<> {
        int stopped = 0;
        const auto asks = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await fs::stat("/");
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await fs::exists("/");
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(asks());
        co_await h.join_for(1h);
        CHECK(stopped == 2);
    }());
}

TEST_CASE("a directory that may not be looked into leaves the question open") {
    const temporary_folder folder;
    std::filesystem::create_directory(folder / "closed");
    REQUIRE(chmod((folder / "closed").c_str(), 0) == 0);
    REQUIRE(chmod(folder.path().c_str(), 0755) == 0);
    {
        const without_rights nobody;
        if (geteuid() == 0) return;
        coil::run([](std::filesystem::path path) -> task<> {
            auto denied = co_await coil::as_result(fs::exists(path));
            REQUIRE_FALSE(denied.has_value());
            CHECK(denied.error() == std::errc::permission_denied);
        }(folder / "closed/x"));
    }
}
