// SPDX-License-Identifier: BSL-1.0
// Where io_uring is forbidden, or memory may not be locked, a program runs over epoll and is told so once, in a line that
// says what is missing and what to do. With COIL_RING=kernel it gets an exception that says the same: nothing of main has
// run, what it was given is destroyed, and the process goes on.
#include "../io/loopback.hpp"
#include "../ring/forbid.hpp"
#include "../run/lives.hpp"
#include "bad_day.hpp"
#include "child_program.hpp"

#include <coil/runtime.hpp>

#include <sys/resource.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

namespace {

using bad_day::expect;
using coil::task;

bool begun = false;
task<> amain(alive) {
    begun = true;
    co_await coil::sleep_for(std::chrono::milliseconds(1));
}

task<> loses_its_ring() {
    if (!ring_test::forbid(SYS_io_uring_enter, EPERM)) std::_Exit(77);
    co_await coil::sleep_for(std::chrono::milliseconds(1));
}

// 3: refused in words, everything in order. 0: it works here.
int child(const std::string& how, bool only_kernel) {
    only_kernel ? setenv("COIL_RING", "kernel", 1) : unsetenv("COIL_RING");
    if (how == "memory") {
        const rlimit none{.rlim_cur = 0, .rlim_max = 0};
        // root may lock what it likes
        if (setrlimit(RLIMIT_MEMLOCK, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) return 0;
    } else if (how == "later") {
        try {
            coil::run(loses_its_ring());
        } catch (const std::exception&) {
            return 6;  // a caller that goes on after any error
        }
        return 0;
    } else {
        const bool forbidden = how == "ENOSYS"   ? ring_test::forbid_set_up(ENOSYS)
                               : how == "EPERM"  ? ring_test::forbid_set_up(EPERM)
                               : how == "ENOMEM" ? ring_test::forbid_set_up(ENOMEM)
                               : how == "enter"  ? ring_test::forbid(SYS_io_uring_enter, EPERM)
                                                 : ring_test::forbid(SYS_io_uring_register, EPERM);
        if (!forbidden) return 77;
    }
    const auto before = io_test::open_descriptors();
    census all;
    int refused = 0, attempts = 0;
    const auto attempt = [&](auto f) {
        ++attempts;
        try {
            f();
        } catch (const std::system_error& e) {
            std::printf("%s\n", e.what());
            ++refused;
        }
    };
    attempt([&] { coil::run(amain(alive(all))); });
    attempt([&] { coil::block_on(amain(alive(all))); });
    attempt([&] {
        coil::loop by_hand;
        by_hand.run(amain(alive(all)));
    });
    if (refused == 0) return begun && all.living() == 0 ? 0 : 4;
    if (begun || refused != attempts || all.living() != 0) return 4;
    if (io_test::open_descriptors() != before) return 5;
    return 3;
}

bool says_any(const child_program& c, const std::vector<const char*>& words) {
    bool any = false;
    for (const char* w : words)
        any |= c.says(w);
    return any;
}

// Without io_uring, and told so: once, whatever is run how often.
void check_that_it_runs(const std::string& how, const child_program& c, const std::vector<const char*>& words,
                        bool may_work) {
    expect(c.exit_code() == 0, how + ": it does not run, but ends with " + std::to_string(c.exit_code()));
    const std::string line = "coil: I/O goes by epoll";
    const auto told = c.output().find(line);
    if (may_work && told == std::string::npos) return;
    expect(told != std::string::npos, how + ": it does not tell that it runs without io_uring");
    expect(c.output().find(line, told + 1) == std::string::npos, how + ": it tells so more than once");
    expect(c.says("COIL_RING=kernel"), how + ": it does not tell how to choose");
    expect(how == "register" || says_any(c, words), how + ": it does not say what is missing");
    expect(c.says("io_uring"), how + ": it does not name what is missing");
}

}  // namespace

int main(int argc, char** argv) {
    if (argc == 2) {
        const std::string how = argv[1];
        const bool only_kernel = how.starts_with("kernel ");
        return child(only_kernel ? how.substr(7) : how, only_kernel);
    }
    struct expectation {
        const char* how;
        std::vector<const char*> words;  // any of them
        bool may_work;
    };
    const expectation all[] = {
        {"ENOSYS", {"6.1 or later"}, false},
        {"EPERM", {"io_uring_disabled", "seccomp"}, false},
        {"ENOMEM", {"ulimit -l"}, false},
        {"enter", {"seccomp"}, false},
        {"register", {"io_uring: Operation not permitted"}, false},
        {"memory", {"ulimit -l"}, true},
    };
    for (const auto& [how, words, may_work] : all) {
        const child_program either(how);
        std::printf("%s:\n%s", how, either.output().c_str());
        if (either.exit_code() != 77) check_that_it_runs(how, either, words, may_work);
        const child_program c(("kernel " + std::string(how)).c_str());
        std::printf("with the kernel alone, %s:\n%s", how, c.output().c_str());
        if (c.exit_code() == 77) {
            std::puts("nothing can be forbidden here");
            continue;
        }
        if (may_work && c.exit_code() == 0) continue;
        expect(c.exit_code() == 3, std::string(how) + ": it ends with " + std::to_string(c.exit_code()));
        expect(c.says("io_uring"), std::string(how) + ": it does not name what is missing");
        expect(says_any(c, words), std::string(how) + ": it does not say what to do");
    }
    // In the middle of a run nothing can be stopped in good order any more; the cause is told before the process ends.
    const child_program later("kernel later");
    std::printf("later:\n%s", later.output().c_str());
    if (later.exit_code() != 77) {
        expect(later.signal() == SIGABRT, "without a ring the process ends");
        expect(later.says("io_uring_enter: Operation not permitted"), "it tells why");
    }
    return bad_day::verdict();
}
