// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/file.hpp>

#include "loopback.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>

#include <array>
#include <chrono>
#include <ostream>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::fs::mode;

TEST_CASE("a file is written, measured, read and closed") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        CHECK(co_await f.size() == 0);
        CHECK(co_await f.write_at("hello", 3) == 5);
        CHECK(co_await f.size() == 8);
        std::array<char, 16> buffer{};
        CHECK(co_await f.read_at(buffer, 0) == 8);  // fewer at the end
        CHECK(std::string(buffer.data(), 8) == std::string("\0\0\0hello", 8));
        CHECK(co_await f.read_at(buffer, 8) == 0);
        CHECK(co_await f.read_at(buffer, 1000) == 0);
        CHECK(co_await f.read_at(std::span(buffer).first(2), 4) == 2);
        CHECK(std::string(buffer.data(), 2) == "el");
        CHECK(co_await f.read_at(coil::byte_span(), 0) == 0);
        CHECK(co_await f.write_at("", 100) == 0);
        CHECK(co_await f.size() == 8);
        co_await f.sync_data();
        co_await f.sync();
        co_await f.close();
        CHECK_FALSE(f.is_open());
        CHECK(f.native_handle() == -1);
    }());
}

TEST_CASE("many reads and writes at offsets are in flight at once") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        constexpr std::size_t count = 64;
        std::vector<coil::join_handle<>> all;
        const auto write = [&](std::size_t i) -> task<> {
            const std::vector<std::size_t> block(512, i);
            CHECK(co_await f.write_at(block, i * 4096) == 4096);
        };
        for (std::size_t i = 0; i < count; ++i)
            all.push_back(coil::spawn(write(i)));
        for (auto& h : all)
            co_await h;
        all.clear();
        const auto read = [&](std::size_t i) -> task<> {
            std::vector<std::size_t> block(512);
            CHECK(co_await f.read_at(block, i * 4096) == 4096);
            CHECK(block == std::vector<std::size_t>(512, i));
        };
        for (std::size_t i = 0; i < count; ++i)
            all.push_back(coil::spawn(read(i)));
        for (auto& h : all)
            co_await h;
    }());
}

TEST_CASE("a file larger than one step is read and written whole") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        std::vector<unsigned> out((5 << 20) / sizeof(unsigned) + 3), in(out.size());
        for (std::size_t i = 0; i < out.size(); ++i)
            out[i] = static_cast<unsigned>(i * 2654435761U);
        const std::size_t size = out.size() * sizeof(unsigned);
        CHECK(co_await f.write_at(out, 1) == size);
        CHECK(co_await f.read_at(in, 1) == size);
        CHECK(in == out);
        REQUIRE(posix_fadvise(f.native_handle(), 0, 0, POSIX_FADV_DONTNEED) == 0);  // some of it may have to be fetched
        CHECK(co_await f.read_at(in, 1) == size);
        CHECK(in == out);
    }());
}

TEST_CASE("errors of a file name the operation and the path") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string path = folder / "f";
        auto f = co_await coil::fs::open(path, mode::write);
        std::array<char, 4> buffer{};
        auto read = co_await coil::as_result(f.read_at(buffer, 0));
        CHECK(read.error().message() == "read_at " + path + ": Bad file descriptor");
        auto far = co_await coil::as_result(f.write_at("x", ~0ULL));
        CHECK(far.error().message() == "write_at " + path + ": Invalid argument");
        auto beyond = co_await coil::as_result(f.write_at("xy", (1ULL << 63) - 1));
        CHECK(beyond.error() == std::errc::invalid_argument);
        auto minus = co_await coil::as_result(f.read_at(buffer, static_cast<std::uint64_t>(-1)));
        CHECK(minus.error() == std::errc::invalid_argument);  // not the file's own position
        co_await f.close();
        CHECK((co_await coil::as_result(f.size())).error().message() == "size " + path + ": Bad file descriptor");
        CHECK((co_await coil::as_result(f.sync())).error().message() == "sync " + path + ": Bad file descriptor");
        CHECK((co_await coil::as_result(f.write_at("x", 0))).error() == std::errc::bad_file_descriptor);
        co_await f.close();  // of nothing

        auto d = co_await coil::fs::open(folder.path());
        auto directory = co_await coil::as_result(d.read_at(buffer, 0));
        CHECK(directory.error() == std::errc::is_a_directory);
    }());
}

TEST_CASE("a full disk is an error, and closing one is none") {
    coil::run([]() -> task<> {
        auto f = co_await coil::fs::open("/dev/full", mode::write);
        try {
            co_await f.write_at("x", 0);
            FAIL("there was room");
        } catch (const coil::transfer_error& e) {
            CHECK(e.code() == std::errc::no_space_on_device);
            CHECK(std::string(e.what()) == "write_at /dev/full: No space left on device");
        }
        co_await f.close();
    }());
}

TEST_CASE("an empty and a moved file") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        coil::fs::file none;
        CHECK_FALSE(none.is_open());
        CHECK(none.name() == "");
        CHECK((co_await coil::as_result(none.size())).error().message() == "size: Bad file descriptor");
        auto f = co_await coil::fs::open(folder / "f", mode::read_write);
        none = std::move(f);
        CHECK_FALSE(f.is_open());
        CHECK(none.is_open());
        CHECK(co_await none.write_at("x", 0) == 1);
        static_assert(std::is_nothrow_move_constructible_v<coil::fs::file>);
    }());
}
