// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/machine.hpp>

#include "../in_a_child.hpp"
#include "../sanitized.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <pthread.h>
#include <sched.h>
#include <stdexcept>
#include <string>
#include <thread>

namespace fs = std::filesystem;
using coil::machine::concurrency;
using coil::machine::cpu_quota;

namespace {

constexpr unsigned none = std::numeric_limits<unsigned>::max();

// A tree of cgroups made of plain files.
class cgroups {
public:
    cgroups() {
        std::string name = (fs::temp_directory_path() / "coil-cgroups-XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        root = name;
    }
    cgroups(const cgroups&) = delete;
    cgroups& operator=(const cgroups&) = delete;
    ~cgroups() { fs::remove_all(root); }
    void limit(const std::string& group, const std::string& text) const {
        fs::create_directories(root + group);
        std::ofstream(root + group + "/cpu.max") << text;
    }
    std::string root;
};

}  // namespace

TEST_CASE("machine: the quota is the least one from the group up to the root, rounded up") {
    const cgroups c;
    CHECK(cpu_quota("0::/a/b\n", c.root) == none);  // no files at all
    c.limit("/a/b", "max 100000\n");
    CHECK(cpu_quota("0::/a/b\n", c.root) == none);
    c.limit("/a/b", "250000 100000\n");
    CHECK(cpu_quota("0::/a/b\n", c.root) == 3);
    c.limit("/a", "200000 100000\n");
    CHECK(cpu_quota("0::/a/b\n", c.root) == 2);
    c.limit("", "100000 100000\n");
    CHECK(cpu_quota("0::/a/b\n", c.root) == 1);
    CHECK(cpu_quota("0::/\n", c.root) == 1);
    c.limit("", "max 100000\n");
    CHECK(cpu_quota("0::/\n", c.root) == none);
    CHECK(cpu_quota("0::/elsewhere\n", c.root) == none);
}

TEST_CASE("machine: less than one processor counts as one") {
    const cgroups c;
    c.limit("/a", "1000 100000\n");
    CHECK(cpu_quota("0::/a\n", c.root) == 1);
}

TEST_CASE("machine: version 1, broken files and nothing at all are no limit") {
    const cgroups c;
    c.limit("/a", "200000 100000\n");
    CHECK(cpu_quota("", c.root) == none);
    CHECK(cpu_quota("4:cpu,cpuacct:/a\n", c.root) == none);
    CHECK(cpu_quota("4:cpu:/x\n0::/a\n", c.root) == 2);
    for (const char* text : {"", "nonsense\n", "200000\n", "200000 0\n", "-1 100000\n", "max\n"}) {
        c.limit("/a", text);
        CHECK_MESSAGE(cpu_quota("0::/a\n", c.root) == none, text);
    }
}

TEST_CASE("machine: no more threads than the affinity mask has processors") {
    cpu_set_t before;
    REQUIRE(::sched_getaffinity(0, sizeof before, &before) == 0);
    CHECK(concurrency() >= 1);
    CHECK(concurrency() <= static_cast<unsigned>(CPU_COUNT(&before)));
    cpu_set_t one;
    CPU_ZERO(&one);
    for (int cpu = 0; cpu != CPU_SETSIZE; ++cpu)
        if (CPU_ISSET(cpu, &before)) {
            CPU_SET(cpu, &one);
            break;
        }
    // the mask is a thread's own
    std::thread([&] {
        REQUIRE(::sched_setaffinity(0, sizeof one, &one) == 0);
        CHECK(concurrency() == 1);
    }).join();
}

TEST_CASE("machine: a thread of coil has a name and takes no signals but those of its own doing") {
    std::thread([] {
        coil::machine::become_thread("a name that is too long for the kernel");
        char name[16] = {};
        ::pthread_getname_np(::pthread_self(), name, sizeof name);
        CHECK(std::string(name) == "a name that is ");
        sigset_t blocked;
        ::pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
        for (int s : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGCHLD, SIGPIPE, SIGALRM, SIGQUIT})
            CHECK(::sigismember(&blocked, s) == 1);
        for (int s : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGSYS, SIGABRT})
            CHECK(::sigismember(&blocked, s) == 0);
    }).join();
}

TEST_CASE("machine: threads of the process are counted, and signals that somebody may send") {
#ifndef UNDER_THREAD_SANITIZER  // which forbids threads in such a child
    // a child has none of the threads that other tests have left behind, and that end at their own time
    const auto counts = [] {
        const std::size_t before = coil::machine::threads();
        std::size_t with_another = 0;
        std::thread([&] { with_another = coil::machine::threads(); }).join();
        ::_exit(before != 0 && with_another == before + 1 ? 0 : 1);
    };
    CHECK(in_a_child(counts).first == 0);
#endif
    using coil::machine::catches_signals;
    CHECK_FALSE(catches_signals("0000000000000000"));
    CHECK_FALSE(catches_signals("0000000180000000"));  // what the C library keeps
    CHECK_FALSE(catches_signals("00000000000004f8"));  // faults, and what a debugger uses
    CHECK(catches_signals("0000000000000002"));        // SIGINT
    CHECK(catches_signals("0000000000004002"));
    CHECK(catches_signals("0000000400000000"));  // a real-time signal
    CHECK_FALSE(catches_signals("0000000000000002", SIGINT));
    CHECK(catches_signals("0000000000004002", SIGINT));
    CHECK_THROWS_AS(catches_signals("none"), std::invalid_argument);
    CHECK_THROWS_AS(catches_signals(""), std::invalid_argument);
    struct sigaction mine {}, old {};
    mine.sa_handler = [](int) {};
    REQUIRE(::sigaction(SIGUSR2, &mine, &old) == 0);
    CHECK(catches_signals());
    ::sigaction(SIGUSR2, &old, nullptr);
}
