// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pidfd.hpp>

#include "launches.hpp"

#include <doctest/doctest.h>
#include <sys/wait.h>

#include <cerrno>
#include <csignal>

using namespace process_test;
using kind = coil::process::child_end::kind;

namespace {

launched sleeper(int group = -1) {
    static const strings programs{"/bin/sleep"}, arguments{"sleep", "1000"};
    return start_child({.programs = programs, .arguments = arguments, .process_group = group});
}

}  // namespace

TEST_CASE("pidfd: a child that runs has not ended; one that was killed tells its signal, once") {
    const launched c = sleeper();
    REQUIRE(c.error == 0);
    CHECK(reap(c.pidfd).how == kind::running);
    CHECK(send_signal(c.pidfd, SIGTERM) == 0);
    const child_end end = reap_blocking(c.pidfd);
    CHECK(end.how == kind::killed);
    CHECK(end.number == SIGTERM);
    CHECK(reap(c.pidfd).how == kind::unknown);
    CHECK(send_signal(c.pidfd, SIGTERM) == ESRCH);
    close(c.pidfd);
}

TEST_CASE("pidfd: a look leaves the status where it is") {
    const launched c = sleeper();
    send_signal(c.pidfd, SIGKILL);
    siginfo_t unused;
    waitid(P_PID, static_cast<id_t>(c.pid), &unused, WEXITED | WNOWAIT);
    CHECK(look(c.pidfd).number == SIGKILL);
    CHECK(look(c.pidfd).number == SIGKILL);
    CHECK(reap(c.pidfd).number == SIGKILL);
    close(c.pidfd);
}

TEST_CASE("pidfd: a whole group gets a signal, by pidfd and by number") {
    for (const bool hidden : {false, true}) {
        hide_group_signals(hidden);
        const launched c = sleeper(0), d = sleeper(c.pid);
        CHECK(send_signal_to_group(c.pidfd, c.pid, SIGKILL) == 0);
        CHECK(reap_blocking(d.pidfd).number == SIGKILL);
        CHECK(reap_blocking(c.pidfd).number == SIGKILL);
        close(c.pidfd);
        close(d.pidfd);
    }
    hide_group_signals(false);
}

TEST_CASE("pidfd: what a child used is told") {
    const outcome r = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done");
    CHECK(r.end.how == kind::exited);
    CHECK(r.end.used.max_resident_kib > 0);
    CHECK(r.end.used.user_time + r.end.used.system_time > std::chrono::nanoseconds::zero());
}

TEST_CASE("pidfd: a status that somebody else took is unknown, and nobody waits for it") {
    const launched c = sleeper();
    send_signal(c.pidfd, SIGKILL);
    waitpid(c.pid, nullptr, 0);
    CHECK(reap(c.pidfd).how == kind::unknown);
    CHECK(reap_blocking(c.pidfd).how == kind::unknown);
    close(c.pidfd);
}
