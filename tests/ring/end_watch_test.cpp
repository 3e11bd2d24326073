// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/end_watch.hpp>

#include <doctest/doctest.h>

#include <csignal>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <thread>

using coil::ring::end_watch;
using coil::ring::process_identity;

namespace {

std::atomic<std::uint64_t> last_key{0};
void note(void* context, std::uint64_t key) noexcept {
    last_key = key;
    ++*static_cast<std::atomic<int>*>(context);
}
void wait_for(const std::atomic<int>& n, int wanted) {
    while (n < wanted) std::this_thread::yield();
}
pid_t sleeping_child() {
    const pid_t child = ::fork();
    if (child == 0) {
        ::pause();
        ::_exit(0);
    }
    return child;
}

}  // namespace

TEST_CASE("the end of a process is told once, when it is killed") {
    const pid_t child = sleeping_child();
    std::atomic<int> told{0};
    end_watch::of_process().process({.pid = static_cast<std::uint32_t>(child)}, &note, &told, 11);
    CHECK(told == 0);
    CHECK(!coil::ring::has_ended({.pid = static_cast<std::uint32_t>(child)}));
    ::kill(child, SIGKILL);
    wait_for(told, 1);
    CHECK(last_key == 11);
    CHECK(coil::ring::has_ended({.pid = static_cast<std::uint32_t>(child)}));
    ::waitpid(child, nullptr, 0);
    CHECK(told == 1);
}

TEST_CASE("the end of a process that has been reaped before is told, and of one whose number another has got") {
    const pid_t child = sleeping_child();
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    std::atomic<int> told{0};
    end_watch::of_process().process({.pid = static_cast<std::uint32_t>(child)}, &note, &told, 12);
    wait_for(told, 1);
    process_identity me = coil::ring::this_process();
    CHECK(me.pid == static_cast<std::uint32_t>(::getpid()));
    CHECK(me.started != 0);
    ++me.started;
    end_watch::of_process().process(me, &note, &told, 13);
    wait_for(told, 2);
    CHECK(last_key == 13);
}

TEST_CASE("a descriptor of a process is of that one, or there is none") {
    const pid_t child = sleeping_child();
    const process_identity it{.pid = static_cast<std::uint32_t>(child)};
    const int fd = coil::ring::open_process(it);
    REQUIRE(fd >= 0);
    pollfd ended{fd, POLLIN, 0};
    CHECK(::poll(&ended, 1, 0) == 0);
    ::kill(child, SIGKILL);
    CHECK(::poll(&ended, 1, -1) == 1);
    ::close(fd);
    ::waitpid(child, nullptr, 0);
    CHECK(coil::ring::open_process(it) == -1);
    process_identity before_me = coil::ring::this_process();
    --before_me.started;
    CHECK(coil::ring::open_process(before_me) == -1);
}

TEST_CASE("a process in another namespace of numbers is not watched") {
    std::atomic<int> told{0};
    process_identity other{.pid = 0x3fffffff, .space = coil::ring::this_process().space + 1, .started = 1};
    end_watch::of_process().process(other, &note, &told, 14);
    other.space = 0;
    end_watch::of_process().process(other, &note, &told, 15);
    wait_for(told, 1);
    CHECK(last_key == 15);
}

TEST_CASE("a pipe is told of when its last writer has gone") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    const int copy = ::dup(ends[1]);
    std::atomic<int> told{0};
    end_watch::of_process().pipe(ends[0], &note, &told, 16);
    REQUIRE(::write(ends[1], "x", 1) == 1);
    ::close(ends[1]);
    CHECK(told == 0);
    ::close(copy);
    wait_for(told, 1);
    CHECK(last_key == 16);
}

TEST_CASE("a forked child is told so") {
    CHECK(!coil::ring::in_forked_child());
    const pid_t child = ::fork();
    if (child == 0) {
        bool refused = false;
        try {
            end_watch::of_process();
        } catch (const std::logic_error&) {
            refused = true;
        }
        ::_exit(refused && coil::ring::in_forked_child() ? 0 : 1);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
}
