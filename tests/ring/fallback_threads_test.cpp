// SPDX-License-Identifier: BSL-1.0
// Entries that the epoll side gives to threads: interrupted, in line, when the ring ends.
#include "../io/temporary_folder.hpp"
#include "sides.hpp"

#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <map>
#include <string>

using namespace ring_test;
using coil::ring::descriptor;

TEST_CASE_TEMPLATE("an open that waits on a thread is interrupted, one in line never begins", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    const io_test::temporary_folder f;
    const std::string name = f / "pipe";
    REQUIRE(mkfifo(name.c_str(), 0600) == 0);
    constexpr std::uint64_t count = 40;  // more than there are threads at first
    for (std::uint64_t i = 0; i < count; ++i) {
        io_uring_sqe& e = r->take();
        coil::ring::prepare_openat(e, AT_FDCWD, name.c_str(), O_WRONLY, 0);
        e.user_data = tag(i);
    }
    let_it_wait(*r);
    for (std::uint64_t i = 0; i < count; ++i)
        take_cancel(*r, tag(i), tag(1000 + i));
    std::map<std::uint64_t, int> result;
    for (const auto& c : wait_for(*r, 2 * count))
        CHECK(result.emplace(c.user_data, c.res).second);
    for (std::uint64_t i = 0; i < count; ++i) {
        CHECK(result.at(tag(i)) == -ECANCELED);
        const int answer = result.at(tag(1000 + i));
        CHECK((answer == 0 || answer == -EALREADY));
    }
    unlink(name.c_str());
}

// Forty writers that wait for a reader leave no thread for it, unless there come more.
TEST_CASE("a line that does not move gets further threads") {
    auto r = fallback_side::make();
    const io_test::temporary_folder f;
    const std::string name = f / "pipe";
    REQUIRE(mkfifo(name.c_str(), 0600) == 0);
    constexpr std::uint64_t count = 40;
    for (std::uint64_t i = 0; i <= count; ++i) {
        io_uring_sqe& e = r->take();
        coil::ring::prepare_openat(e, AT_FDCWD, name.c_str(), i < count ? O_WRONLY : O_RDONLY, 0);
        e.user_data = tag(i);
    }
    for (const auto& c : wait_for(*r, count + 1)) {
        CHECK(c.res >= 0);
        r->close(c.res);
    }
    unlink(name.c_str());
}

TEST_CASE("a signal for the process never runs on a thread for files") {
    auto r = fallback_side::make();
    struct statx status{};
    io_uring_sqe& e = r->take();
    coil::ring::prepare_statx(e, AT_FDCWD, "/", 0, STATX_TYPE, &status);
    e.user_data = tag(1);
    REQUIRE(wait_for(*r, 1)[0].res == 0);
    static std::atomic<bool> elsewhere{false}, seen{false};
    static const pthread_t self = pthread_self();
    struct sigaction action{}, before{};
    action.sa_handler = [](int) {
        if (!pthread_equal(pthread_self(), self)) elsewhere = true;
        seen = true;
    };
    REQUIRE(sigaction(SIGUSR1, &action, &before) == 0);
    sigset_t it, mask;
    sigemptyset(&it);
    sigaddset(&it, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, &it, &mask);
    kill(getpid(), SIGUSR1);  // with this thread's door shut another open one would be taken
    sched_yield();
    CHECK_FALSE(elsewhere);
    pthread_sigmask(SIG_SETMASK, &mask, nullptr);
    CHECK(seen);
    sigaction(SIGUSR1, &before, nullptr);
}

TEST_CASE_TEMPLATE("a file is read to where the entry ends, in memory or not", Side, FALLBACK_SIDES) {
    auto r = Side::make();
    std::string path = "/tmp/coil-fallback-test-XXXXXX";
    const descriptor file(mkostemp(path.data(), O_CLOEXEC));
    REQUIRE(unlink(path.c_str()) == 0);
    std::string text(1 << 20, '.');
    for (std::size_t i = 0; i < text.size(); ++i)
        text[i] = static_cast<char>('a' + i % 23);
    std::string to(text.size() + 10, '.');
    io_uring_sqe& w = r->take();
    coil::ring::prepare_write(w, file.number(), text.data(), text.size(), 0, 0);
    w.user_data = tag(1);
    CHECK(wait_for(*r, 1)[0].res == static_cast<int>(text.size()));
    posix_fadvise(file.number(), 4096 * 20, 4096 * 20, POSIX_FADV_DONTNEED);
    io_uring_sqe& e = r->take();
    coil::ring::prepare_read(e, file.number(), to.data(), to.size(), 0);
    e.user_data = tag(2);
    CHECK(wait_for(*r, 1)[0].res == static_cast<int>(text.size()));
    CHECK(to.substr(0, text.size()) == text);
    io_uring_sqe& end = r->take();
    coil::ring::prepare_read(end, file.number(), to.data(), 1, static_cast<std::int64_t>(text.size()));
    end.user_data = tag(3);
    CHECK(wait_for(*r, 1)[0].res == 0);
}

TEST_CASE_TEMPLATE("a ring that ends with an entry in a thread's hands takes it back", Side, FALLBACK_SIDES) {
    const io_test::temporary_folder f;
    const std::string name = f / "pipe";
    REQUIRE(mkfifo(name.c_str(), 0600) == 0);
    for (int round = 0; round < 20; ++round) {
        auto r = Side::make();
        for (std::uint64_t i = 0; i < 3; ++i) {
            io_uring_sqe& e = r->take();
            coil::ring::prepare_openat(e, AT_FDCWD, name.c_str(), O_WRONLY, 0);
            e.user_data = tag(i);
        }
        r->submit_and_wait(at_once);
    }
    unlink(name.c_str());
}
