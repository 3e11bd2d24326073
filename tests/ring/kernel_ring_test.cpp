// SPDX-License-Identifier: BSL-1.0
// What the kernel's side does beyond the seam: how often it enters, what it makes of refusals, what it needs.
#include <coil/runtime/ring/kernel_ring.hpp>

#include "forbid.hpp"
#include "sides.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <deque>
#include <exception>
#include <map>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>

using namespace ring_test;
using coil::ring::kernel_options;
using coil::ring::kernel_ring;

namespace {

// Stands before the system call: notes each, and answers it from a script while that lasts.
struct entered {
    unsigned to_submit, min_complete, flags;
};
struct answer {
    int error;           // given back at once, 0: the kernel is asked
    unsigned at_most{};  // entries shown to the kernel, 0: all
};
std::vector<entered> entries;
std::deque<answer> script;

int scripted_enter(unsigned fd, unsigned to_submit, unsigned min_complete, unsigned flags, sigset_t* argument,
                   std::size_t size) {
    entries.push_back({to_submit, min_complete, flags});
    if (!script.empty()) {
        const answer a = script.front();
        script.pop_front();
        if (a.error != 0) return -a.error;
        if (a.at_most != 0 && a.at_most < to_submit) to_submit = a.at_most;
    }
    return io_uring_enter2(fd, to_submit, min_complete, flags, argument, size);
}

kernel_options scripted(unsigned submissions = 256, unsigned completions = 4096) {
    entries.clear();
    script.clear();
    return {.submission_entries = submissions, .completion_entries = completions, .enter = scripted_enter};
}

std::string refusal(const kernel_options& options = {}) {
    try {
        kernel_ring r(options);
    } catch (const std::system_error& e) {
        return e.what();
    }
    return "";
}

// Runs f in a forked child; its result is the exit status.
template <class F>
int in_child(F f) {
    const pid_t child = fork();
    if (child == 0) {
        int status = 99;
        try {
            status = f();
        } catch (...) {}
        _exit(status);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 1000 + WTERMSIG(status);
}

std::map<int, bool> open_descriptors() {  // number: close-on-exec
    std::map<int, bool> found;
    for (int fd = 0; fd < 200; ++fd)
        if (const int flags = fcntl(fd, F_GETFD); flags >= 0) found[fd] = (flags & FD_CLOEXEC) != 0;
    return found;
}

}  // namespace

TEST_CASE("nothing to submit, to collect or to wait for is no system call") {
    kernel_ring r(scripted());
    for (int i = 0; i < 10; ++i)
        r.submit_and_wait(at_once);
    CHECK(entries.empty());
}

TEST_CASE("a batch is submitted and waited for in one system call") {
    kernel_ring r(scripted());
    for (std::uint64_t i = 0; i < 200; ++i)
        take_nop(r, tag(i));
    r.submit_and_wait(never);
    CHECK(entries.size() == 1);
    CHECK(entries[0].to_submit == 200);
    CHECK(reap(r).size() == 200);
}

TEST_CASE("completions that are there already are not waited for") {
    kernel_ring r(scripted());
    take_nop(r, tag(0));
    r.submit_and_wait(never);
    r.submit_and_wait(never);  // not reaped yet: no entering
    CHECK(entries.size() == 1);
    take_nop(r, tag(1));
    r.submit_and_wait(never);
    CHECK(entries.size() == 2);
    CHECK(entries[1].min_complete == 0);
    CHECK(reap(r).size() == 2);
}

TEST_CASE("a full submission queue is one system call for all of it") {
    kernel_ring r(scripted(8, 64));
    for (std::uint64_t i = 0; i < 33; ++i)
        take_nop(r, tag(i));
    CHECK(entries.size() == 4);
    CHECK(r.unsubmitted() == 1);
    CHECK(wait_for(r, 33).size() == 33);
}

TEST_CASE("a signal ends the wait without an error") {
    kernel_ring r(scripted());
    script = {{.error = EINTR}, {.error = EINTR}};
    take_nop(r, tag(0));
    r.submit_and_wait(never);
    CHECK(reap(r).empty());
    CHECK(r.unsubmitted() == 1);
    CHECK(wait_for(r, 1).size() == 1);
    CHECK(entries.size() == 3);
}

TEST_CASE("what the kernel did not take stays queued, in order") {
    kernel_ring r(scripted());
    test_pipe p(r);
    for (int i = 0; i < 10; ++i)
        take_write(r, p.writer(), &"0123456789"[i], 1, tag(static_cast<std::uint64_t>(i)));
    script = {{.error = 0, .at_most = 3}, {.error = 0, .at_most = 1}};
    r.submit_and_wait(at_once);
    CHECK(r.unsubmitted() == 7);
    r.submit_and_wait(at_once);
    CHECK(r.unsubmitted() == 6);
    r.submit_and_wait(at_once);
    CHECK(r.unsubmitted() == 0);
    CHECK(reap(r).size() == 10);
    std::array<char, 11> all{};
    take_read(r, p.reader(), all.data(), 10, tag(0));
    CHECK(wait_for(r, 1)[0].res == 10);
    CHECK(std::string(all.data()) == "0123456789");
}

TEST_CASE("a kernel that is busy or short of memory is asked again") {
    for (const int error : {EAGAIN, EBUSY, ENOMEM}) {
        kernel_ring r(scripted(4, 8));
        take_nop(r, tag(0));
        script = {{.error = error}};
        r.submit_and_wait(never);
        CHECK(r.unsubmitted() == 1);
        CHECK(entries.size() == 2);  // the second one waits a moment and submits nothing
        CHECK(entries[1].to_submit == 0);
        CHECK(wait_for(r, 1).size() == 1);
    }
}

TEST_CASE("a kernel that is busy until completions are reaped does not stop whoever takes entries") {
    kernel_ring r(scripted(4, 8));
    for (std::uint64_t i = 0; i < 8; ++i)
        take_nop(r, tag(i));
    r.submit_and_wait(at_once);
    script = {{.error = EBUSY}, {.error = EBUSY}, {.error = EBUSY}};
    for (std::uint64_t i = 8; i < 16; ++i)
        take_nop(r, tag(i));
    std::vector<std::uint64_t> order;
    for (const auto& c : wait_for(r, 16))
        order.push_back(c.user_data);
    CHECK(order.size() == 16);
    CHECK(std::is_sorted(order.begin(), order.end()));  // nops complete in order, and moving them aside keeps it
}

TEST_CASE("a completion that the kernel lost is an error") {
    kernel_ring r(scripted());
    script = {{.error = EBADR}};
    CHECK_THROWS_AS(r.submit_and_wait(never), std::system_error);
}

TEST_CASE("a deadline is given to the kernel as a point in time where it takes one") {
    for (const char* hide : {"", "absolute_deadline"}) {
        auto options = scripted();
        options.hide = coil::ring::parse_features(hide);
        kernel_ring r(options);
        const time_point deadline = r.clock() + std::chrono::milliseconds(1);
        while (r.clock() < deadline)
            r.submit_and_wait(deadline);
        const bool absolute = (entries.back().flags & (1U << 5)) != 0;
        CHECK(absolute == r.has(coil::ring::feature::absolute_deadline));
        CHECK((entries.back().flags & IORING_ENTER_EXT_ARG) != 0);
        if (*hide != '\0') CHECK_FALSE(absolute);
    }
}

TEST_CASE("more rings than a thread can register work all the same") {
    std::vector<std::unique_ptr<kernel_ring>> rings;
    for (int i = 0; i < 20; ++i)
        rings.push_back(std::make_unique<kernel_ring>(scripted(4, 8)));
    for (auto& r : rings) {
        take_nop(*r, tag(0));
        CHECK(wait_for(*r, 1).size() == 1);
    }
    CHECK((entries.front().flags & IORING_ENTER_REGISTERED_RING) != 0);
    CHECK((entries.back().flags & IORING_ENTER_REGISTERED_RING) == 0);
}

TEST_CASE("a ring destroyed by another thread leaves that thread's rings alone") {
    kernel_ring mine;
    take_nop(mine, tag(0));
    CHECK(wait_for(mine, 1).size() == 1);
    auto others = std::make_unique<kernel_ring>();
    std::thread([&] {
        take_nop(*others, tag(0));
        wait_for(*others, 1);
    }).join();
    others.reset();  // was registered under the same index as `mine`, with the other thread
    take_nop(mine, tag(0));
    CHECK(wait_for(mine, 1).size() == 1);
}

TEST_CASE("every descriptor is close-on-exec and is given back") {
    const auto before = open_descriptors();
    for (const char* hide : {"", "all"}) {
        kernel_ring r({.hide = coil::ring::parse_features(hide)});
        r.submit_and_wait(at_once);
        std::array<int, 2> ends{};
        REQUIRE(r.now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data())) == 0);
        const long copy = r.now(call::dup(ends[0]));
        auto during = open_descriptors();
        CHECK(during.size() >= before.size() + 4);
        for (const auto& [fd, on_exec_closed] : during)
            if (!before.contains(fd)) CHECK(on_exec_closed);
        for (const int fd : {ends[0], ends[1], static_cast<int>(copy)})
            CHECK(r.close(fd) == 0);
    }
    CHECK(open_descriptors() == before);
}

TEST_CASE("a forked child cannot use the parent's ring, and the parent can") {
    for (const char* hide : {"", "all"}) {
        kernel_ring r({.hide = coil::ring::parse_features(hide)});
        test_pipe p(r);
        char to = 0;
        take_read(r, p.reader(), &to, 1, tag(1));
        take_nop(r, tag(2));
        r.submit_and_wait(never);  // leaves a completion that the child could take
        take_nop(r, tag(3));       // and an entry that it could submit
        const int seen = in_child([&] {
            int refused = 0;
            if (!reap(r).empty()) return 1;
            try {
                r.submit_and_wait(at_once);
            } catch (const std::logic_error& e) {
                refused += std::string(e.what()).find("fork") != std::string::npos;
            }
            try {
                take_nop(r, tag(4));
            } catch (const std::logic_error&) {
                ++refused;
            }
            r.wake();
            kernel_ring fresh;  // a ring of its own is its own business
            take_nop(fresh, tag(0));
            return refused == 2 && wait_for(fresh, 1).size() == 1 ? 42 : 2;
        });
        CHECK(seen == 42);
        (void)!::write(p.writer(), "x", 1);
        std::map<std::uint64_t, int> result;
        for (const auto& c : wait_for(r, 3))
            result[c.user_data] = c.res;
        CHECK(result == std::map<std::uint64_t, int>{{tag(1), 1}, {tag(2), 0}, {tag(3), 0}});
        CHECK(to == 'x');
    }
}

TEST_CASE("a forked child destroys its copy of a ring without harm to the parent's") {
    auto r = std::make_unique<kernel_ring>();
    take_nop(*r, tag(0));
    CHECK(wait_for(*r, 1).size() == 1);
    CHECK(in_child([&] { return r.reset(), 42; }) == 42);
    take_nop(*r, tag(0));
    CHECK(wait_for(*r, 1).size() == 1);
}

TEST_CASE("a refused set-up says what forbids it and what to do") {
    CHECK(in_child([] {
              return forbid_set_up(ENOSYS) && refusal().find("6.1 or later") != std::string::npos ? 42 : 1;
          }) == 42);
    CHECK(in_child([] {
              const std::string text = forbid_set_up(EPERM) ? refusal() : "";
              return text.find("io_uring_disabled") != std::string::npos || text.find("seccomp") != std::string::npos
                         ? 42
                         : 1;
          }) == 42);
    CHECK(in_child([] { return forbid_set_up(ENOMEM) && refusal().find("ulimit -l") != std::string::npos ? 42 : 1; }) ==
          42);
    CHECK(in_child([] { return forbid_set_up(EINVAL) && refusal().find("too old") != std::string::npos ? 42 : 1; }) ==
          42);
    CHECK(in_child([] {
              rlimit limit{};
              getrlimit(RLIMIT_NOFILE, &limit);
              const rlimit none{.rlim_cur = 3, .rlim_max = limit.rlim_max};
              setrlimit(RLIMIT_NOFILE, &none);
              std::exception_ptr thrown;
              try {
                  kernel_ring r;
              } catch (...) {
                  thrown = std::current_exception();
              }
              setrlimit(RLIMIT_NOFILE, &limit);  // sanitizers need descriptors to look at the exception
              try {
                  if (thrown) std::rethrow_exception(thrown);
              } catch (const std::system_error& e) {
                  return std::string(e.what()).find("ulimit -n") != std::string::npos ? 42 : 1;
              }
              return 2;
          }) == 42);
}

TEST_CASE("locked memory that is too small for a ring is reported as such") {
    // Root may lock what it likes, and only root can become somebody else; without it the kernel decides.
    const int seen = in_child([] {
        const rlimit none{.rlim_cur = 0, .rlim_max = 0};
        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0) return 1;
        if (getuid() == 0 && setuid(65534) != 0) return 42;
        const std::string text = refusal();
        return text.empty() || text.find("RLIMIT_MEMLOCK") != std::string::npos ||
                       text.find("ulimit -l") != std::string::npos
                   ? 42
                   : 2;
    });
    CHECK(seen == 42);
}

TEST_CASE("a ring without entries is refused, an enormous one is clamped") {
    CHECK_THROWS_AS(kernel_ring({.submission_entries = 0}), std::invalid_argument);
    CHECK_THROWS_AS(kernel_ring({.completion_entries = 0}), std::invalid_argument);
    kernel_ring small_answers({.submission_entries = 64, .completion_entries = 1});
    for (std::uint64_t i = 0; i < 500; ++i)
        take_nop(small_answers, tag(i));
    CHECK(wait_for(small_answers, 500).size() == 500);
}

TEST_CASE("the environment hides features, and a name that does not exist is an error") {
    setenv("COIL_RING_HIDE", "send_message,opcode 22", 1);
    {
        kernel_ring r;
        CHECK_FALSE(r.has(coil::ring::feature::send_message));
        CHECK_FALSE(r.has(std::uint8_t{IORING_OP_READ}));
        CHECK(r.has(std::uint8_t{IORING_OP_WRITE}));
    }
    setenv("COIL_RING_HIDE", "sendmessage", 1);
    CHECK_THROWS_AS(kernel_ring(), std::invalid_argument);
    unsetenv("COIL_RING_HIDE");
}

TEST_CASE("a wake-up by event comes again and again, and survives the end of its poll") {
    kernel_ring r(
        kernel_options{.submission_entries = 4, .completion_entries = 4, .hide = coil::ring::parse_features("all")});
    r.submit_and_wait(at_once);
    // A multishot poll ends when it finds no room for a completion: fill the queue, then wake.
    for (int round = 0; round < 50; ++round) {
        for (std::uint64_t i = 0; i < 12; ++i)
            take_nop(r, tag(i));
        r.submit_and_wait(at_once);
        r.wake();
        r.wake();
        std::size_t count = 0;
        while (count < 12) {
            r.submit_and_wait(never);
            count += reap(r).size();
        }
        CHECK(count == 12);
        r.submit_and_wait(at_once);
        reap(r);
        r.wake();
        r.submit_and_wait(never);  // hangs if nothing watches the event any more
        reap(r);
    }
}
