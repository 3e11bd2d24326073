// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/copy_file.hpp>

#include "loopback.hpp"
#include "small_disk.hpp"
#include "temporary_folder.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/io/fd_stream.hpp>
#include <coil/runtime/io/path_operations.hpp>
#include <coil/runtime/io/stat.hpp>
#include <coil/runtime/io/whole_file.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/run/simulate.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <iterator>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
namespace fs = coil::fs;

namespace {

std::string pattern(std::size_t size) {
    std::string text(size, '\0');
    for (std::size_t i = 0; i < size; ++i)
        text[i] = static_cast<char>(i * 2654435761U >> 13);
    return text;
}

std::ptrdiff_t files_in(const temporary_folder& folder) {
    return std::distance(std::filesystem::directory_iterator(folder.path()), std::filesystem::directory_iterator());
}

struct told {
    std::vector<std::uint64_t> copied;
    std::uint64_t total = 0;
    static void progress(void* context, std::uint64_t copied, std::uint64_t total) noexcept {
        auto& self = *static_cast<told*>(context);
        self.copied.push_back(copied);
        self.total = total;
    }
};

}  // namespace

TEST_CASE("files of every size are copied, from the loop and from the pool") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        for (const std::size_t size : {0UL, 1UL, 524288UL, 524289UL, (9UL << 20) + 77}) {
            CAPTURE(size);
            const std::string text = pattern(size);
            co_await fs::write_file(folder / "a", text);
            REQUIRE(chmod((folder / "a").c_str(), 0710) == 0);
            co_await fs::remove(folder / "b");
            told t;
            CHECK(co_await fs::copy_file(folder / "a", folder / "b", {.progress = &told::progress, .context = &t}) ==
                  size);
            CHECK(co_await fs::read_file(folder / "b") == text);
            CHECK((co_await fs::stat(folder / "b")).permissions == static_cast<std::filesystem::perms>(0710));
            REQUIRE_FALSE(t.copied.empty());
            CHECK(t.copied.back() == size);
            CHECK(t.total == size);
            CHECK(std::is_sorted(t.copied.begin(), t.copied.end()));
            CHECK(co_await fs::copy_file(folder / "a", folder / "b", {.in_place = true}) == size);
            CHECK(co_await fs::read_file(folder / "b") == text);
            CHECK(files_in(folder) == 2);
        }
        co_await coil::resume_on(coil::pool());
        CHECK(co_await fs::copy_file(folder / "a", folder / "c", {.durable = true}) == (9UL << 20) + 77);
        CHECK(co_await fs::read_file(folder / "c") == pattern((9UL << 20) + 77));
    }());
}

TEST_CASE("a target keeps its permissions; links are followed; devices and what has no size are copied too") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        co_await fs::write_file(folder / "a", "new");
        co_await fs::write_file(folder / "b", "old");
        REQUIRE(chmod((folder / "b").c_str(), 0604) == 0);
        std::filesystem::create_symlink("a", folder / "to_a");
        std::filesystem::create_symlink("b", folder / "to_b");
        CHECK(co_await fs::copy_file(folder / "to_a", folder / "to_b") == 3);
        CHECK(co_await fs::read_file(folder / "b") == "new");
        CHECK(std::filesystem::is_symlink(folder / "to_b"));
        CHECK((co_await fs::stat(folder / "b")).permissions == static_cast<std::filesystem::perms>(0604));
        const auto fifo = folder / "fifo";
        REQUIRE(mkfifo(fifo.c_str(), 0600) == 0);
        coil::fd_stream reader(::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
        CHECK(co_await fs::copy_file(folder / "a", fifo) == 3);
        std::string text(8, '.');
        CHECK(co_await reader.read(text) == 3);
        CHECK(std::filesystem::is_fifo(fifo));
        CHECK(co_await fs::copy_file("/proc/self/status", folder / "status") > 100);
        CHECK(files_in(folder) == 6);
    }());
}

TEST_CASE("a copy that fails leaves the target as it was, and says why") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string a = folder / "a", b = folder / "b", d = folder / "d";
        co_await fs::write_file(a, pattern(3 << 20));
        co_await fs::write_file(b, "old");
        co_await fs::mkdir(d);
        auto r = co_await coil::as_result(fs::copy_file("/nonexistent", b));
        CHECK(r.error().message() == "open /nonexistent: No such file or directory");
        r = co_await coil::as_result(fs::copy_file(d, b));
        CHECK(r.error().message() == "copy_file " + d + ": Is a directory");
        r = co_await coil::as_result(fs::copy_file(a, d));
        CHECK(r.error().message() == "copy_file " + a + " -> " + d + ": Is a directory");
        co_await fs::link(a, folder / "same");
        r = co_await coil::as_result(fs::copy_file(a, folder / "same", {.in_place = true}));
        CHECK(r.error() == std::errc::invalid_argument);
        CHECK((co_await fs::stat(a)).size == 3 << 20);
        r = co_await coil::as_result(fs::copy_file(a, b, {.overwrite = false}));
        CHECK(r.error() == std::errc::file_exists);
        r = co_await coil::as_result(fs::copy_file(a, folder / "none/x"));
        CHECK(r.error() == std::errc::no_such_file_or_directory);
        const auto fails = [&](bool in_place) -> task<> {
            const small_disk full(1 << 20);
            auto f = co_await coil::as_result(fs::copy_file(a, b, {.in_place = in_place}));
            REQUIRE_FALSE(f.has_value());
            CHECK(f.error() == std::errc::file_too_large);
        };
        co_await fails(false);
        CHECK(co_await fs::read_file(b) == "old");
        CHECK(files_in(folder) == 4);
        co_await fails(true);
        CHECK((co_await fs::stat(b)).size <= 1 << 20);
    }());
}

TEST_CASE("files are copied from one file system to another, and by a ring that can do no more than read and write") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string text = pattern((5UL << 20) + 7);
        const std::string other = "/dev/shm/coil-copy-" + std::to_string(getpid());  // mostly of another file system
        co_await fs::write_file(other, text);
        told t;
        const auto copied = co_await coil::as_result(
            fs::copy_file(other, folder / "b", {.progress = &told::progress, .context = &t}));
        co_await fs::remove(other);
        REQUIRE(copied.has_value());
        CHECK(*copied == text.size());
        CHECK(co_await fs::read_file(folder / "b") == text);
        CHECK(t.copied.back() == text.size());
    }());
    namespace sim = coil::sim;  // whose disk shares no blocks
    const auto copies = []() -> task<std::string> {
        const std::string text = pattern((6UL << 20) + 7);
        co_await fs::write_file("a", text);
        co_await fs::copy_file("a", "c");
        CHECK(co_await fs::read_file("c") == text);
        co_return "copied";
    };
    CHECK(sim::run(3, copies(), {}) == "copied");
    // Whichever step is refused, the pieces do what is left.
    int refused = 0;
    for (std::uint64_t nth = 1; nth < 16; ++nth) {
        const sim::planned_fault plan[] = {{sim::kind::other, nth, EXDEV}};
        try {
            const std::string end = sim::run(3, copies(), {.plan = plan});
            CHECK(end == "copied");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::cross_device_link);
            ++refused;
        }
    }
    CHECK(refused < 15);
}

namespace {

// Meddles when the copy has told of its first part, on the thread that copies.
struct meddler {
    int calls = 0;
    std::function<void()> first;
    static void progress(void* context, std::uint64_t, std::uint64_t) noexcept {
        auto& self = *static_cast<meddler*>(context);
        if (self.calls++ == 0) self.first();
    }
};

}  // namespace

TEST_CASE("a source that changes its size while it is copied: what was cut off is not copied, what was added is not waited for") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string a = folder / "a", b = folder / "b", text = pattern(9 << 20);
        co_await fs::write_file(a, text);
        meddler m;
        m.first = [&] { CHECK(truncate(a.c_str(), 6 << 20) == 0); };
        std::uint64_t n = co_await fs::copy_file(a, b, {.progress = &meddler::progress, .context = &m});
        CHECK((n == 6 << 20 || (n == 9 << 20 && m.calls == 1)));  // blocks that are shared, are so all at once
        std::string copied = co_await fs::read_file(b);
        CHECK(copied.size() == n);
        CHECK(copied == text.substr(0, n));
        co_await fs::write_file(a, text);
        m = {};
        m.first = [&] { CHECK(truncate(a.c_str(), 12 << 20) == 0); };
        n = co_await fs::copy_file(a, b, {.progress = &meddler::progress, .context = &m});
        CHECK(n == 9 << 20);
        copied = co_await fs::read_file(b);
        CHECK(copied == text);
    }());
}

TEST_CASE("a stop is looked for between the parts of a large copy") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string a = folder / "a", b = folder / "b";
        co_await fs::write_file(a, pattern(13 << 20));
        co_await fs::write_file(b, "old");
        coil::join_handle<> h;
        meddler m;
        m.first = [&] { h.cancel(); };
        const auto copies = [&]() -> task<> {
            co_await fs::copy_file(a, b, {.progress = &meddler::progress, .context = &m});
        };
        h = coil::spawn(copies());
        co_await h.join_for(1h);
        CHECK(m.calls == 1);
        CHECK(co_await fs::read_file(b) == "old");
        CHECK(files_in(folder) == 2);
    }());
}

TEST_CASE("a copy that is stopped, at whatever point, leaves the target as it was or whole") {
    coil::run([]() -> task<> {
        const temporary_folder folder;
        const std::string text = pattern(4 << 20);
        co_await fs::write_file(folder / "a", text);
        co_await fs::write_file(folder / "b", "old");
        int old = 0;
        for (int turns = 0; turns < 40; ++turns) {
            const auto copies = [&]() -> task<> { co_await fs::copy_file(folder / "a", folder / "b"); };
            auto h = coil::spawn(copies());
            for (int i = 0; i < turns && !h.done(); ++i)
                co_await coil::sleep_for(50us);
            h.cancel();
            co_await h.join_for(1h);
            const std::string now = co_await fs::read_file(folder / "b");
            CHECK((now == "old" || now == text));
            old += now == "old";
            CHECK(files_in(folder) == 2);
            co_await fs::write_file(folder / "b", "old");
        }
        CHECK(old > 0);
    }());
}
