// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/file_operations.hpp>

#include "driver.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/plain_operations.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

using namespace ring_test;
using coil::task;
using coil::ring::descriptor;
using coil::ring::open_operation;
using coil::ring::read_operation;
using coil::ring::status_operation;
using coil::ring::sync_operation;
using coil::ring::write_operation;

namespace {

struct temporary_folder {
    temporary_folder() : path("/tmp/coil-file-test-XXXXXX") { REQUIRE(mkdtemp(path.data()) != nullptr); }
    ~temporary_folder() {
        unlink((path + "/f").c_str());
        rmdir(path.c_str());
    }
    std::string path;
};

}  // namespace

TEST_CASE_TEMPLATE("a file is made, written, measured and read", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    const temporary_folder folder;
    const std::string path = folder.path + "/f";
    const auto body = [&]() -> task<> {
        const int fd = co_await open_operation(AT_FDCWD, path.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600);
        REQUIRE(fd >= 0);
        CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        descriptor f(fd);
        const int first = co_await write_operation(f, "0123456789", 10);
        CHECK(first == 10);
        const int again = co_await write_operation(f, "ab", 2, 4);
        CHECK(again == 2);
        const int synced = co_await sync_operation(f, true);
        CHECK(synced == 0);
        struct statx status{};
        const int looked = co_await status_operation(AT_FDCWD, path.c_str(), 0, STATX_SIZE, &status);
        CHECK(looked == 0);
        CHECK(status.stx_size == 10);
        std::string to(32, '\0');
        const int n = co_await read_operation(f, to.data(), to.size(), 0);
        CHECK(to.substr(0, static_cast<std::size_t>(n)) == "0123ab6789");
        const int end = co_await read_operation(f, to.data(), to.size());  // its position is at the end
        CHECK(end == 0);
    };
    run(d, body());
}

TEST_CASE_TEMPLATE("errors are values", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    const temporary_folder folder;
    const auto body = [&]() -> task<> {
        const int none = co_await open_operation(AT_FDCWD, (folder.path + "/none").c_str(), O_RDONLY, 0);
        CHECK(none == -ENOENT);
        const int fd = co_await open_operation(AT_FDCWD, folder.path.c_str(), O_RDONLY | O_DIRECTORY, 0);
        REQUIRE(fd >= 0);
        descriptor f(fd);
        char c = 0;
        const int n = co_await read_operation(f, &c, 1, 0);
        CHECK(n == -EISDIR);
        const int full = co_await open_operation(AT_FDCWD, "/dev/full", O_WRONLY, 0);
        REQUIRE(full >= 0);
        descriptor device(full);
        const int m = co_await write_operation(device, "x", 1);
        CHECK(m == -ENOSPC);
    };
    run(d, body());
}

TEST_CASE_TEMPLATE("many reads at offsets may be in flight on one file", Side, REAL_SIDES) {
    auto r = Side::make();
    driver d(*r);
    crowd all;
    const temporary_folder folder;
    descriptor f(open((folder.path + "/f").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    std::string data(64 * 4096, '\0');
    for (std::size_t i = 0; i < data.size(); ++i)
        data[i] = static_cast<char>(i / 4096);
    run(d, [](descriptor& file, std::string& all_of_it) -> task<> {
        const int n = co_await write_operation(file, all_of_it.data(), all_of_it.size(), 0);
        CHECK(n == static_cast<int>(all_of_it.size()));
    }(f, data));
    std::vector<std::string> blocks(64, std::string(4096, 'x'));
    const auto reading = [&](std::size_t i) -> task<> {
        const int n = co_await read_operation(f, blocks[i].data(), 4096, static_cast<std::int64_t>(i) * 4096);
        CHECK(n == 4096);
    };
    std::vector<running_task> tasks;
    for (std::size_t i = 0; i < blocks.size(); ++i)
        tasks.push_back(start(reading(i), d, all));
    d.until([&] { return all.running == 0; });
    for (std::size_t i = 0; i < blocks.size(); ++i)
        CHECK(blocks[i] == std::string(4096, static_cast<char>(i)));
}

TEST_CASE("operations at offsets do not exclude each other, those in turn do") {
    auto r = simulated_side::make();  // whose pipes have no offsets, but make reads wait
    driver d(*r);
    crowd all;
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::pipe(ends.data())) == 0);
    descriptor reader(ends[0], r.get()), writer(ends[1], r.get());
    int done = 0, refused = 0;
    const auto reading = [&](std::int64_t offset) -> task<> {
        char c = 0;
        try {
            const int n = co_await read_operation(reader, &c, 1, offset);
            done += n;
        } catch (const std::logic_error&) {
            ++refused;
        }
    };
    std::vector<running_task> tasks;
    for (const std::int64_t offset : {0, 1, -1, 2, -1})
        tasks.push_back(start(reading(offset), d, all));
    d.turn();
    const auto writing = [&]() -> task<> {
        const int n = co_await write_operation(writer, "abcd", 4);
        CHECK(n == 4);
    };
    tasks.push_back(start(writing(), d, all));
    d.until([&] { return all.running == 0; });
    CHECK(done == 4);
    CHECK(refused == 1);
}

TEST_CASE("a write to a pipe without a reader raises no signal where the kernel can be asked") {
    auto r = kernel_side::make();
    driver d(*r);
    if (!r->has(coil::ring::feature::write_no_signal)) return;
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::pipe(ends.data())) == 0);
    r->close(ends[0]);
    descriptor writer(ends[1]);
    int result = 0;
    const auto body = [&]() -> task<> { result = co_await write_operation(writer, "x", 1); };
    run(d, body());  // SIGPIPE would end this program
    CHECK(result == -EPIPE);
}

TEST_CASE("ten thousand operations of one task on small queues keep their order") {
    auto r = kernel_side::make(16, 16);
    driver d(*r);
    std::array<int, 2> ends{};
    REQUIRE(r->now(call::pipe(ends.data())) == 0);
    descriptor reader(ends[0]), writer(ends[1]);
    std::string sent, received;
    const auto body = [&]() -> task<> {
        for (int i = 0; i < 10'000; ++i) {
            const char c = static_cast<char>('a' + i % 26);
            sent.push_back(c);
            const int n = co_await write_operation(writer, &c, 1);
            CHECK(n == 1);
            if (i % 1000 != 999) continue;
            std::string to(1000, '\0');
            const int m = co_await read_operation(reader, to.data(), to.size());
            received += to.substr(0, static_cast<std::size_t>(m));
        }
    };
    run(d, body());
    CHECK(sent == received);
}
