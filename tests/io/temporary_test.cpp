// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/temporary.hpp>

#include "../ring/driver.hpp"
#include "../run/heard.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;
using coil::task;
using io_test::scripted_ring;
namespace fs = coil::fs;

TEST_CASE("a temporary file has no name, and is read and written") {
    coil::run([]() -> task<> {
        const io_test::temporary_folder folder;
        auto f = co_await fs::temporary_file(folder.path());
        CHECK(std::filesystem::is_empty(folder.path()));
        co_await f.write_at("abc", 0);
        std::string text(3, '.');
        CHECK(co_await f.read_at(text, 0) == 3);
        CHECK(text == "abc");
        CHECK((co_await f.status()).links == 0);
        auto none = co_await coil::as_result(fs::temporary_file("/nonexistent"));
        CHECK(none.error() == std::errc::no_such_file_or_directory);
        auto usual = co_await fs::temporary_file();
        CHECK(usual.is_open());
    }());
}

TEST_CASE("where there are no files without a name, one is made and its name taken away") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {-EOPNOTSUPP, -EEXIST, 7, 0};
    const auto makes = [&]() -> task<> {
        auto f = co_await fs::temporary_file("/somewhere");
        CHECK(f.native_handle() == 7);
    };
    ring_test::run(d, makes());
    REQUIRE(r.seen.size() == 4);
    CHECK((r.seen[0].open_flags & O_TMPFILE) == O_TMPFILE);
    CHECK((r.seen[1].open_flags & O_EXCL) != 0);
    CHECK(r.seen[3].opcode == IORING_OP_UNLINKAT);
}

TEST_CASE("a temporary folder goes with all that is in it") {
    coil::run([]() -> task<> {
        const io_test::temporary_folder folder;
        std::filesystem::path path;
        {
            auto t = co_await fs::temporary_folder::make("work", folder.path());
            path = t.path();
            CHECK(path.filename().native().starts_with("work."));
            CHECK((co_await fs::stat(path)).permissions == std::filesystem::perms::owner_all);
            co_await fs::write_file(t / "a", "a");
            fs::temporary_folder moved(std::move(t));
            CHECK(t.path().empty());
            CHECK(moved.path() == path);
        }
        CHECK_FALSE(std::filesystem::exists(path));
        auto t = co_await fs::temporary_folder::make("work", folder.path());
        std::filesystem::create_directories(t / "a/b");
        co_await t.remove();
        CHECK(t.path().empty());
        co_await t.remove();
        CHECK(std::filesystem::is_empty(folder.path()));
        auto none = co_await coil::as_result(fs::temporary_folder::make("x", "/nonexistent"));
        CHECK(none.error() == std::errc::no_such_file_or_directory);
    }());
}

TEST_CASE("temporary things that are stopped before are not made") {
    coil::run([]() -> task<> {
        const io_test::temporary_folder folder;
        int stopped = 0;
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await fs::temporary_file(folder.path());
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await fs::temporary_folder::make("x", folder.path());
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(all());
        co_await h.join_for(1h);
        CHECK(stopped == 2);
        CHECK(std::filesystem::is_empty(folder.path()));
    }());
}

TEST_CASE("TMPDIR says where temporary files go") {
    const char* const before = std::getenv("TMPDIR");
    const std::string kept = before != nullptr ? before : "";
    setenv("TMPDIR", "/some/place", 1);
    CHECK(fs::temporary_place() == "/some/place");
    setenv("TMPDIR", "", 1);
    CHECK(fs::temporary_place() == "/tmp");
    if (before != nullptr) setenv("TMPDIR", kept.c_str(), 1);
    else unsetenv("TMPDIR");
}
