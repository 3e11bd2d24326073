// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/atomic_write.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "scripted_ring.hpp"
#include "small_disk.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
namespace fs = coil::fs;

namespace {

std::ptrdiff_t files_in(const temporary_folder& folder) {
    return std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator());
}

}  // namespace

TEST_CASE("a file is made and replaced in one step") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto path = folder / "f";
        co_await fs::atomic_write_file(path, "first");
        CHECK(co_await fs::read_file(path) == "first");
        REQUIRE(chmod(path.c_str(), 0640) == 0);
        const auto before = co_await fs::stat(path);
        co_await fs::atomic_write_file(path, std::string(3 << 20, 'x'));
        const auto after = co_await fs::stat(path);
        CHECK(after.size == 3 << 20);
        CHECK(after.permissions == before.permissions);
        CHECK(after.inode != before.inode);
        std::filesystem::create_symlink("f", folder / "l");
        std::filesystem::create_symlink("l", folder / "ll");
        co_await fs::atomic_write_file(folder / "ll", "through links");
        CHECK(co_await fs::read_file(path) == "through links");
        CHECK(std::filesystem::is_symlink(folder / "ll"));
        CHECK(files_in(folder) == 3);
    }());
}

TEST_CASE("what cannot be written whole leaves the old contents and nothing beside them") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto path = folder / "f";
        co_await fs::atomic_write_file(path, "old");
        const std::string much(1 << 20, 'n');
        const auto fails = [&]() -> task<> {
            const small_disk full(65536);
            auto r = co_await coil::as_result(fs::atomic_write_file(path, much));
            REQUIRE_FALSE(r.has_value());
            CHECK(r.error() == std::errc::file_too_large);
            CHECK(r.error().message().find(" after 65536 of 1048576 bytes: File too large") != std::string::npos);
        };
        co_await fails();
        CHECK(co_await fs::read_file(path) == "old");
        CHECK(files_in(folder) == 1);
        auto directory = co_await coil::as_result(fs::atomic_write_file(folder.path(), "x"));
        CHECK(directory.error() == std::errc::is_a_directory);
        const auto fifo = folder / "fifo";
        REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
        auto no_file = co_await coil::as_result(fs::atomic_write_file(fifo, "x"));
        CHECK(no_file.error().message() == "atomic_write_file " + fifo.native() + ": Invalid argument");
        CHECK(std::filesystem::is_fifo(fifo));
        auto nowhere = co_await coil::as_result(fs::atomic_write_file(folder / "none/f", "x"));
        CHECK(nowhere.error() == std::errc::no_such_file_or_directory);
        std::filesystem::create_symlink("circle", folder / "circle");
        auto circle = co_await coil::as_result(fs::atomic_write_file(folder / "circle", "x"));
        CHECK(circle.error() == std::errc::too_many_symbolic_link_levels);
        auto zero = co_await coil::as_result(fs::atomic_write_file(std::string("a\0b", 3), "x"));
        CHECK(zero.error() == std::errc::invalid_argument);
    }());
}

TEST_CASE("an atomic write that is stopped, at whatever point, leaves all of the old or all of the new") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto path = folder / "f";
        co_await fs::write_file(path, "old");
        int old = 0, done = 0;
        for (int turns = 0; turns < 100; ++turns) {
            const auto writes = [&]() -> task<> { co_await fs::atomic_write_file(path, "new"); };
            auto h = coil::spawn(writes());
            for (int i = 0; i < turns && !h.done(); ++i)
                co_await coil::sleep_for(20us);
            h.cancel();
            co_await h.join_for(1h);
            const std::string now = co_await fs::read_file(path);
            CHECK(files_in(folder) == 1);
            CHECK((now == "old" || now == "new"));
            (now == "old" ? old : done) += 1;
            co_await fs::write_file(path, "old");
        }
        CHECK(old > 0);
    }());
}

TEST_CASE("contents are on the device before they get the name, and then the folder") {
    scripted_ring r;
    ring_test::driver d(r);
    r.answers = {-ENOENT, -ENOENT, 7, 3, 0, 0, 0, 8, 0, 0};
    const auto writes = [&]() -> task<> { co_await fs::atomic_write_file("some/file", "abc"); };
    ring_test::run(d, writes());
    std::vector<int> opcodes;
    for (const io_uring_sqe& e : r.seen)
        opcodes.push_back(e.opcode);
    CHECK(opcodes == std::vector<int>{IORING_OP_STATX, IORING_OP_STATX, IORING_OP_OPENAT, IORING_OP_WRITE,
                                      IORING_OP_FSYNC, IORING_OP_CLOSE, IORING_OP_RENAMEAT, IORING_OP_OPENAT,
                                      IORING_OP_FSYNC, IORING_OP_CLOSE});
    CHECK(r.seen[8].fd == 8);
}
