// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/whole_file.hpp>

#include "loopback.hpp"
#include "low_limit.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/simulated_faults.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/run/simulate.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::fs::read_file;
using coil::fs::write_file;

namespace {

std::string by_the_standard_library(const std::filesystem::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::ostringstream all;
    all << in.rdbuf();
    return all.str();
}

}  // namespace

TEST_CASE("what was written is read, byte for byte") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        std::string large(3'000'001, '\0');
        for (std::size_t i = 0; i < large.size(); ++i)
            large[i] = static_cast<char>(i * 31 % 251);
        for (const std::string& text : {std::string(), std::string("x"), std::string("a\0b\n", 4), large}) {
            co_await write_file(folder / "f", text);
            CHECK(by_the_standard_library(folder / "f") == text);
            CHECK(co_await read_file(folder / "f") == text);
            co_await write_file(folder / "f", "a longer text that is to go");
            co_await write_file(folder / "f", text, {.durable = true});
            CHECK(by_the_standard_library(folder / "f") == text);
        }
        co_await write_file(folder / "f", "shorter");  // from empty
        CHECK(co_await read_file(folder / "f") == "shorter");
    }());
}

TEST_CASE("a file that has no size is read to its end") {
    coil::run([]() -> task<> {
        CHECK((co_await read_file("/proc/self/status")).starts_with("Name:"));
        CHECK((co_await read_file("/dev/null")).empty());
        const temporary_folder folder;
        REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
        const int pipe = open((folder / "pipe").c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK);
        const std::string text(20'000, 'p');
        REQUIRE(write(pipe, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
        auto h = coil::spawn(read_file(folder / "pipe"));
        co_await suspended(h);
        int left = 1;
        while (left != 0) {
            co_await coil::yield();
            ioctl(pipe, FIONREAD, &left);
        }
        close(pipe);  // its end
        CHECK(co_await h == text);
    }());
}

TEST_CASE("errors name the step and the file, and leave no descriptor behind") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string path = folder.path();
        const auto before = open_descriptors();
        auto missing = co_await coil::as_result(read_file("/nonexistent"));
        CHECK(missing.error().message() == "open /nonexistent: No such file or directory");
        auto directory = co_await coil::as_result(read_file(path));
        CHECK(directory.error() == std::errc::is_a_directory);
        CHECK(directory.error().message().find(path) != std::string::npos);
        for (const bool durable : {false, true}) {
            auto full = co_await coil::as_result(write_file("/dev/full", "x", {.durable = durable}));
            CHECK(full.error().message() == "write_at /dev/full: No space left on device");
            auto nowhere = co_await coil::as_result(write_file(path + "/a/b", "x", {.durable = durable}));
            CHECK(nowhere.error().message() == "open " + path + "/a/b: No such file or directory");
            auto zero = co_await coil::as_result(write_file(std::string("a\0b", 3), "x", {.durable = durable}));
            CHECK(zero.error() == std::errc::invalid_argument);
        }
        CHECK(open_descriptors() == before);
    }());
}

TEST_CASE("a disk that becomes full in the middle is an error that says how far it came") {
    // the limit of a file's size stands in for a small disk
    const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    rlimit low = before;
    low.rlim_cur = 100'000;
    setrlimit(RLIMIT_FSIZE, &low);
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string text(300'000, 'x');
        for (const bool durable : {false, true}) {
            auto r = co_await coil::as_result(write_file(folder / "f", text, {.durable = durable}));
            REQUIRE_FALSE(r.has_value());
            CHECK(r.error() == std::errc::file_too_large);
            CHECK(r.error().message() ==
                  "write_at " + std::string(folder / "f") + " after 100000 of 300000 bytes: File too large");
            CHECK(std::filesystem::file_size(folder / "f") == 100'000);
        }
    }());
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, old_handler);
}

TEST_CASE("whole files are stopped before, and between their steps") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        co_await write_file(folder / "f", std::string(1000, 'x'));
        const auto before = open_descriptors();
        int stopped = 0, done = 0;
        for (int i = 0; i < 200; ++i) {
            const auto both = [&]() -> task<> {
                try {
                    const std::string text = co_await read_file(folder / "f");
                    CHECK(text.size() == 1000);
                    co_await write_file(folder / "g", std::string(1000, 'y'));
                    ++done;
                } catch (const coil::cancelled&) {
                    ++stopped;
                }
            };
            auto h = coil::spawn(both());
            co_await suspended(h);
            for (int j = 0; j < i % 20; ++j)
                co_await coil::sleep_for(0s);
            h.cancel();
            co_await h;
        }
        CHECK(stopped + done == 200);
        CHECK(stopped > 0);
        CHECK(open_descriptors() == before);

        bool refused = false;
        const auto never = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await write_file(folder / "never", "x");
            } catch (const coil::cancelled&) {
                refused = true;
            }
        };
        auto h = coil::spawn(never());
        co_await h.join_for(1h);
        CHECK(refused);
        CHECK_FALSE(std::filesystem::exists(folder / "never"));
    }());
}

TEST_CASE("whole files from the pool, many at once") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const auto one = [&](int i) -> task<> {
            const auto path = folder / std::to_string(i);
            const std::string text(static_cast<std::size_t>(i) * 37, static_cast<char>('a' + i % 26));
            co_await write_file(path, text);
            CHECK(co_await read_file(path) == text);
            CHECK(coil::pool().here());
        };
        std::vector<coil::join_handle<>> all;
        for (int i = 0; i < 100; ++i)
            all.push_back(coil::spawn_on(coil::pool(), one(i)));
        for (auto& h : all)
            co_await h;
    }());
}

TEST_CASE("a durable file is brought to the device before it is closed, be it small or large") {
    namespace sim = coil::sim;
    const auto error_of = [](std::size_t size, sim::kind what, int error) {
        const sim::planned_fault plan[] = {{what, 1, error}};
        const auto writes = [size]() -> task<std::string> {
            const std::string text(size, 'd');
            auto r = co_await coil::as_result(write_file("f", text, {.durable = true}));
            // the descriptor is given back in any case
            CHECK(dynamic_cast<coil::ring::simulated_ring&>(coil::ring::this_io_home->entries).open_descriptors() == 0);
            co_return r.has_value() ? std::string() : r.error().message();
        };
        return sim::run(7, writes(), {.plan = plan});
    };
    for (const std::size_t size : {std::size_t{1000}, std::size_t{1} << 20, (std::size_t{1} << 20) + 1}) {
        CAPTURE(size);
        CHECK(error_of(size, sim::kind::open, EACCES) == "open f: Permission denied");
        CHECK(error_of(size, sim::kind::write, ENOSPC) == "write_at f: No space left on device");
        CHECK(error_of(size, sim::kind::sync, EIO) == "sync f: Input/output error");
        CHECK(error_of(size, sim::kind::close, EDQUOT) == "close f: Disk quota exceeded");
        CHECK(error_of(size, sim::kind::write, EINTR).empty());
        CHECK(error_of(size, sim::kind::accept, EMFILE).empty());
    }
}
