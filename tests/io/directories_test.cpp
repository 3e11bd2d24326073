// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/directories.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/path_operations.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
namespace fs = coil::fs;

TEST_CASE("directories are made with those above them") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        CHECK(co_await fs::create_directories(folder / "a/b/c"));
        CHECK(std::filesystem::is_directory(folder / "a/b/c"));
        CHECK_FALSE(co_await fs::create_directories(folder / "a/b/c"));
        CHECK(co_await fs::create_directories(folder / "d/e/"));
        CHECK(std::filesystem::is_directory(folder / "d/e"));
        co_await fs::write_file(folder / "f", "f");
        auto below = co_await coil::as_result(fs::create_directories(folder / "f/g/h"));
        CHECK(below.error() == std::errc::not_a_directory);
        auto itself = co_await coil::as_result(fs::create_directories(folder / "f"));
        CHECK(itself.error().message() == "mkdir " + (folder / "f").native() + ": File exists");
    }());
}

TEST_CASE("a tree is removed, and nothing that its links lead to") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::filesystem::create_directories(folder / "kept");
        co_await fs::write_file(folder / "kept/file", "x");
        std::filesystem::create_directories(folder / "tree/a/b");
        for (int i = 0; i < 700; ++i)  // more than one block of a walk
            co_await fs::write_file(folder / ("tree/a/" + std::to_string(i)), "x");
        std::filesystem::create_directory_symlink(folder / "kept", folder / "tree/a/link");
        CHECK(co_await fs::remove_all(folder / "tree") == 704);
        CHECK_FALSE(std::filesystem::exists(folder / "tree"));
        CHECK(std::filesystem::exists(folder / "kept/file"));
        CHECK(co_await fs::remove_all(folder / "tree") == 0);
        CHECK(co_await fs::remove_all(folder / "kept/file") == 1);
        std::filesystem::create_directory_symlink(folder / "kept", folder / "link");
        CHECK(co_await fs::remove_all(folder / "link") == 1);
        CHECK(std::filesystem::exists(folder / "kept"));
        auto zero = co_await coil::as_result(fs::remove_all(std::string("a\0b", 3)));
        CHECK(zero.error() == std::errc::invalid_argument);
    }());
}

TEST_CASE("where a link leads") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string far(1000, 'x');
        std::filesystem::create_symlink(far, folder / "l");
        CHECK(co_await fs::read_link(folder / "l") == far);
        auto none = co_await coil::as_result(fs::read_link(folder.path()));
        CHECK(none.error().message() == "read_link " + folder.path().native() + ": Invalid argument");
        auto zero = co_await coil::as_result(fs::read_link(std::string("a\0b", 3)));
        CHECK(zero.error().message() == "read_link a\\0b: Invalid argument");
    }());
}

TEST_CASE("a tree that is removed, or made, is stopped between two names") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        co_await fs::write_file(folder / "f", "x");
        std::filesystem::create_symlink("f", folder / "l");
        int stopped = 0;
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await fs::remove_all(folder.path());
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await fs::create_directories(folder / "a/b");
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await fs::read_link(folder / "l");
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(all());
        co_await h.join_for(1h);
        CHECK(stopped == 3);
        CHECK(std::filesystem::exists(folder / "f"));
        CHECK_FALSE(std::filesystem::exists(folder / "a"));
    }());
}
