// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fork_guard.hpp>

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

struct counter : coil::ring::fork_guard {
    using fork_guard::join;
    using fork_guard::leave;
    void forked() noexcept override { ++count; }
    int count = 0;
};

template <class F>
int in_child(F f) {
    const pid_t child = fork();
    if (child == 0) _exit(f());
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("whoever has joined is told of a fork in the child, and only there") {
    counter joined, left, never_joined;
    joined.join();
    left.join();
    left.leave();
    CHECK(in_child([&] { return joined.count * 100 + left.count * 10 + never_joined.count; }) == 100);
    CHECK(joined.count == 0);
    joined.leave();
    never_joined.leave();
    CHECK(in_child([&] { return joined.count; }) == 0);
}

TEST_CASE("a child of the child is told too") {
    counter joined;
    joined.join();
    CHECK(in_child([&] { return in_child([&] { return joined.count; }); }) == 2);
    joined.leave();
}
