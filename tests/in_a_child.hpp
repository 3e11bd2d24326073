// SPDX-License-Identifier: BSL-1.0
// Runs what ends a process.
#pragma once
#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <string>
#include <utility>

/// Runs f in a child process and returns how that ended, and what it wrote to its standard error.
template <class F>
std::pair<int, std::string> in_a_child(F f) {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    std::fflush(nullptr);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        std::signal(SIGABRT, SIG_DFL);  // not the handler of the test framework
        ::alarm(60);                    // ends a child that hangs
        ::dup2(ends[1], 2);
        ::close(ends[0]);
        ::close(ends[1]);
        f();
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[512];
    for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    ::close(ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return {status, text};
}
