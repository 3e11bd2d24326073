// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/size_operations.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "low_limit.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/ring/kernel_ring.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <system_error>

using namespace io_test;
using namespace std::chrono_literals;
using coil::fs::mode;

namespace {

task<> cut_and_grow(std::filesystem::path path) {
    auto f = co_await coil::fs::open(path, mode::read_write);
    co_await f.write_at("0123456789", 0);
    co_await f.truncate(4);
    CHECK(co_await f.size() == 4);
    co_await f.truncate(6);
    std::string text(10, '.');
    CHECK(co_await f.read_at(text, 0) == 6);
    CHECK(text.substr(0, 6) == std::string("0123\0\0", 6));
    auto far = co_await coil::as_result(f.truncate(~0ULL));
    CHECK(far.error().message() == "truncate " + path.native() + ": Invalid argument");
    co_await f.close();
    auto closed = co_await coil::as_result(f.truncate(0));
    CHECK(closed.error().message() == "truncate " + path.native() + ": Bad file descriptor");
    auto reader = co_await coil::fs::open(path);
    CHECK((co_await coil::as_result(reader.truncate(0))).error() == std::errc::invalid_argument);
}

}  // namespace

TEST_CASE("a file is cut off and grows, with an entry for it and without") {
    const temporary_folder folder;
    coil::run(cut_and_grow(folder / "f"));
    coil::ring::kernel_ring r(coil::ring::kernel_options{.hide = coil::ring::parse_features("opcode 55")});
    ring_test::driver d(r);
    ring_test::run(d, cut_and_grow(folder / "g"));
    // without an entry it needs a descriptor of its own, so that nobody can close it meanwhile
    const auto without = [&]() -> task<> {
        auto f = co_await coil::fs::open(folder / "g", mode::read_write);
        const low_limit none(1);
        auto cut = co_await coil::as_result(f.truncate(0));
        REQUIRE_FALSE(cut.has_value());
        CHECK(cut.error().message() == "truncate " + (folder / "g").native() + ": Too many open files");
    };
    ring_test::run(d, without());
}

TEST_CASE("room is made for a file, or not") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        auto made = co_await coil::as_result(f.allocate(4096, 8192));
        if (made.has_value()) {
            CHECK(co_await f.size() == 12288);
            CHECK((co_await f.status()).allocated >= 8192);
            CHECK((co_await coil::as_result(f.allocate(0, 1ULL << 62))).has_value() == false);
        } else {
            CHECK(made.error() == std::errc::operation_not_supported);
        }
        auto far = co_await coil::as_result(f.allocate(1, ~0ULL));
        CHECK(far.error().message() == "allocate " + std::string(f.name()) + ": Invalid argument");
    }());
}

TEST_CASE("a truncate or an allocate that is stopped before does nothing") {
    const temporary_folder folder;
    const auto body = [&]() -> task<> {
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        co_await f.write_at("0123456789", 0);
        int stopped = 0;
        const auto all = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await f.truncate(1);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
            try {
                co_await f.allocate(0, 4096);
            } catch (const coil::cancelled&) {
                ++stopped;
            }
        };
        auto h = coil::spawn(all());
        co_await h.join_for(1h);
        CHECK(stopped == 2);
        CHECK(co_await f.size() == 10);
    };
    coil::run(body());
    setenv("COIL_RING_HIDE", "opcode 55", 1);
    coil::run(body());
    unsetenv("COIL_RING_HIDE");
}
