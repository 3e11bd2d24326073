// SPDX-License-Identifier: BSL-1.0
#include <coil/process/clone.hpp>

#include "held_program.hpp"
#include "launches.hpp"

#include <doctest/doctest.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

using namespace process_test;
using kind = coil::process::child_end::kind;

namespace {

// Each test of what a child is like, with clone3 and without.
struct both_ways {
    template <class F>
    explicit both_ways(F f) {
        f();
        forbid_clone3(true);
        f();
        forbid_clone3(false);
    }
};

std::size_t open_descriptors() {
    using list = std::filesystem::directory_iterator;
    return static_cast<std::size_t>(std::distance(list("/proc/self/fd"), list()));
}

launched failing(launch w) {
    static const strings programs{"/bin/true"}, arguments{"true"};
    if (w.programs == nullptr) w.programs = programs;
    w.arguments = arguments;
    return start_child(w);
}

}  // namespace

TEST_CASE("clone: a child runs its program, and its end is told") {
    both_ways([] {
        const outcome r = shell("echo here; exit 7");
        CHECK(r.out == "here\n");
        CHECK(r.end.how == kind::exited);
        CHECK(r.end.number == 7);
    });
}

TEST_CASE("clone: a failed exec gives its errno and stage, and leaves nothing") {
    both_ways([] {
        const std::size_t before = open_descriptors();
        const strings missing{"/no/such/program"}, directory{"/etc"}, no_one_may{"/etc/passwd", "/no/such"};
        launched r = failing({.programs = missing});
        CHECK(r.error == ENOENT);
        CHECK(r.failed == launch_stage::program);
        CHECK(r.pidfd == -1);
        const std::string script = std::filesystem::temp_directory_path() / ("coil-script-" + std::to_string(getpid()));
        std::ofstream(script) << "#!/no/such/interpreter\n";
        std::filesystem::permissions(script, std::filesystem::perms::owner_all);
        const strings elsewhere{script.c_str(), "/no/such/program"};
        r = failing({.programs = elsewhere});
        CHECK(r.error == ENOENT);
        CHECK(r.failed == launch_stage::interpreter);
        std::filesystem::remove(script);
        CHECK(failing({.programs = directory}).error == EACCES);
        CHECK(failing({.programs = no_one_may}).error == EACCES);
        r = failing({.directory = "/no/such/directory"});
        CHECK(r.error == ENOENT);
        CHECK(r.failed == launch_stage::directory);
        const std::vector<descriptor_move> closed{{999, 1}};
        r = failing({.descriptors = closed});
        CHECK(r.error == EBADF);
        CHECK(r.failed == launch_stage::descriptors);
        CHECK(open_descriptors() == before);
        CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
        CHECK(errno == ECHILD);
    });
}

TEST_CASE("clone: the search goes on past directories that lack the program") {
    const strings programs{"/no/such/sh", "/etc/passwd/sh", "/bin/true"}, arguments{"true"};
    const launched r = start_child({.programs = programs, .arguments = arguments});
    REQUIRE(r.error == 0);
    CHECK(reap_blocking(r.pidfd).number == 0);
    close(r.pidfd);
}

TEST_CASE("clone: only the named descriptors are open, under the numbers that were wanted") {
    both_ways([] {
        raw_pipe other;
        const int leaked = fcntl(other.reader, F_DUPFD, 200);  // not close-on-exec: a stranger's
        const outcome r = shell("ls /proc/self/fd | tr '\\n' ' '; echo word >&7", {}, {{other.writer, 7}});
        // ls itself holds one on the directory
        CHECK(r.out == "0 1 2 3 7 ");
        CHECK(other.read_all() == "word\n");
        close(leaked);
    });
}

TEST_CASE("clone: descriptors may change places") {
    both_ways([] {
        raw_pipe a, b;
        const std::vector<descriptor_move> crossed{{a.writer, b.writer}, {b.writer, a.writer}};
        const std::string text =
            "echo to a >&" + std::to_string(b.writer) + "; echo to b >&" + std::to_string(a.writer);
        shell(text.c_str(), {}, crossed);
        CHECK(a.read_all() == "to a\n");
        CHECK(b.read_all() == "to b\n");
    });
}

TEST_CASE("clone: a child begins with no signal blocked or ignored, though its parent has both") {
    both_ways([] {
        struct sigaction ignored {}, handled {}, unignored{};
        struct sigaction before_pipe{}, before_usr{}, before_last{};
        constexpr std::array from_outside{SIGHUP, SIGINT, SIGQUIT};
        std::array<struct sigaction, from_outside.size()> before_those{};
        // whoever runs the tests may ignore these: nohup, a shell that runs them in the background
        for (std::size_t i = 0; i != from_outside.size(); ++i) sigaction(from_outside[i], &unignored, &before_those[i]);
        ignored.sa_handler = SIG_IGN;
        handled.sa_handler = [](int) {};
        sigaction(SIGPIPE, &ignored, &before_pipe);
        sigaction(SIGRTMAX, &ignored, &before_last);
        sigaction(SIGUSR1, &handled, &before_usr);
        sigset_t some, before;
        sigemptyset(&some);
        sigaddset(&some, SIGTERM);
        sigprocmask(SIG_BLOCK, &some, &before);
        const char* const text = "grep -E 'Sig(Blk|Ign)' /proc/self/status | tr -d '\\t\\n'";
        const outcome clean = shell(text), kept = shell(text, {.keep_ignored_signals = true});
        sigprocmask(SIG_SETMASK, &before, nullptr);
        sigaction(SIGPIPE, &before_pipe, nullptr);
        sigaction(SIGRTMAX, &before_last, nullptr);
        sigaction(SIGUSR1, &before_usr, nullptr);
        for (std::size_t i = 0; i != from_outside.size(); ++i) sigaction(from_outside[i], &before_those[i], nullptr);
        CHECK(clean.out == "SigBlk:0000000000000000SigIgn:0000000000000000");
        CHECK(kept.out == "SigBlk:0000000000000000SigIgn:8000000000001000");
    });
}

TEST_CASE("clone: directory, umask, session, limits and niceness are the child's alone") {
    both_ways([] {
        CHECK(shell("pwd", {.directory = "/usr"}).out == "/usr\n");
        CHECK(shell("umask", {.umask = 0123}).out == "0123\n");
        CHECK(shell("test $(cut -d' ' -f5 /proc/$$/stat) = $$; echo $?", {.process_group = 0}).out == "0\n");
        CHECK(shell("test $(cut -d' ' -f6 /proc/$$/stat) = $$; echo $?", {.new_session = true}).out == "0\n");
        const std::vector<launch_limit> limits{{RLIMIT_NOFILE, 33, 44}};
        CHECK(shell("ulimit -n; ulimit -Hn", {.limits = limits}).out == "33\n44\n");
        const int before = getpriority(PRIO_PROCESS, 0);
        CHECK(shell("nice", {.nice = 3}).out == std::to_string(before + 3) + "\n");
        CHECK(getpriority(PRIO_PROCESS, 0) == before);
    });
}

TEST_CASE("clone: the environment is the parent's or the one that is given") {
    const strings own{"A=first", "B=", nullptr};
    CHECK(shell("/usr/bin/env | grep -v -e PWD -e _= -e SHLVL", {.environment = own}).out == "A=first\nB=\n");
    setenv("COIL_TEST_WORD", "seen", 1);
    CHECK(shell("echo $COIL_TEST_WORD").out == "seen\n");
    unsetenv("COIL_TEST_WORD");
}

TEST_CASE("clone: a child can be made to end with the thread that made it") {
    int pidfd = -1;
    std::thread([&pidfd] {
        const strings programs{"/bin/sleep"}, arguments{"sleep", "1000"};
        pidfd = start_child({.programs = programs, .arguments = arguments, .death_signal = SIGKILL}).pidfd;
    }).join();
    REQUIRE(pidfd >= 0);
    const child_end end = reap_blocking(pidfd);
    CHECK(end.how == kind::killed);
    CHECK(end.number == SIGKILL);
    close(pidfd);
}

TEST_CASE("clone: a child whose owner is destroyed while its exec waits is killed, and leaves nothing") {
    const std::string path = std::filesystem::temp_directory_path() / ("coil-held-" + std::to_string(getpid()));
    held_program p(path, "#!/bin/sh\n");
    if (!p.holds()) {
        MESSAGE("no exec can be held here");
        return;
    }
    const std::size_t before = open_descriptors();
    const strings programs{p.path().c_str()}, arguments{"held"};
    const launch w{.programs = programs, .arguments = arguments, .process_group = 0};
    {
        birth b(w);
        b.begin();
        while (!p.is_wanted())
            sched_yield();
        CHECK_FALSE(b.is_over());
    }
    CHECK(waitpid(-1, nullptr, WNOHANG) == -1);
    CHECK(errno == ECHILD);
    CHECK(open_descriptors() <= before);
    std::filesystem::remove(path);
}

TEST_CASE("clone: what a child does leaves the errno of its parent's thread alone") {
    both_ways([] {
        const strings missing{"/no/such/program"}, arguments{"true"};
        const launch w{.programs = missing, .arguments = arguments};
        birth b(w);
        b.begin();
        errno = 7777;
        while (!b.is_over()) {}
        CHECK(errno == 7777);
        CHECK(b.take().error == ENOENT);
    });
}

TEST_CASE("clone: many threads start children at once, and each gets its own status") {
    std::vector<std::thread> threads;
    std::atomic<int> wrong{0};
    for (int t = 0; t != 4; ++t)
        threads.emplace_back([t, &wrong] {
            for (int i = 0; i != 10; ++i) {
                const int code = t * 10 + i;
                const outcome r = shell(("exit " + std::to_string(code)).c_str());
                if (r.end.number != code) ++wrong;
            }
        });
    for (std::thread& t : threads)
        t.join();
    CHECK(wrong == 0);
}
