// SPDX-License-Identifier: BSL-1.0
// Recycled frames must not hide a use after death: under the address sanitizer whoever touches a dead frame is reported.
#include "../coro/by_hand.hpp"
#include "full_size.hpp"

#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/generator.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

namespace {

using coil::task;

int* kept = nullptr;

task<int> keeps_its_local() {
    int local[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    kept = &local[3];
    co_await std::suspend_never();
    co_return local[0];
}

[[gnu::noinline]] int touch(const volatile int* p) {
    return *p;
}

int touch_a_dead_coroutine() {
    run_by_hand(keeps_its_local());
    return touch(kept);
}

// The memory was used again in between, more than once.
int touch_after_others() {
    run_by_hand(keeps_its_local());
    int* const old = kept;
    for (int i = 0; i != 20; ++i)
        run_by_hand(keeps_its_local());
    return touch(old);
}

int touch_on_another_thread() {
    run_by_hand(keeps_its_local());
    int seen = 0;
    std::thread other([&] { seen = touch(kept); });
    other.join();
    return seen;
}

coil::generator<int> yields() {
    int local = 7;
    co_yield local;
}

int touch_a_dead_generator() {
    const int* p = nullptr;
    for (const int& v : yields())
        p = &v;
    return touch(p);
}

int touch_a_live_one() {
    auto g = yields();
    return touch(&*g.begin());
}

struct variant {
    const char* name;
    int (*run)();
    bool dead;
};
constexpr variant variants[] = {
    {"coroutine", &touch_a_dead_coroutine, true}, {"others", &touch_after_others, true},
    {"thread", &touch_on_another_thread, true},   {"generator", &touch_a_dead_generator, true},
    {"alive", &touch_a_live_one, false},
};

// What a child that runs one variant writes, and whether it ended well.
std::string output_of(const char* name, bool& ended_well) {
    int ends[2];
    if (::pipe(ends) != 0) return "no pipe";
    const pid_t child = ::fork();
    if (child == 0) {
        ::dup2(ends[1], 2);
        ::close(ends[0]);
        ::close(ends[1]);
        ::execl("/proc/self/exe", "dead_frame_is_reported", name, nullptr);
        ::_exit(127);
    }
    ::close(ends[1]);
    std::string text;
    char buffer[4096];
    for (ssize_t n; (n = ::read(ends[0], buffer, sizeof buffer)) > 0;)
        text.append(buffer, static_cast<std::size_t>(n));
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ended_well = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return text;
}

}  // namespace

int main(int argc, char** argv) {
#ifndef COIL_ASAN
    (void)argc, (void)argv, (void)variants, (void)&output_of;
    std::puts("this build is not watched by the address sanitizer");
    return 77;
#else
    if (argc == 2) {
        for (const variant& v : variants)
            if (std::strcmp(argv[1], v.name) == 0) return v.run() == 0;
        return 1;
    }
    int wrong = 0;
    for (const variant& v : variants) {
        bool ended_well = false;
        const std::string text = output_of(v.name, ended_well);
        const bool reported = text.find("AddressSanitizer: use-after-poison") != std::string::npos;
        const bool right = v.dead ? reported && !ended_well : !reported && ended_well;
        std::printf("%s: %s\n", v.name, right ? "right" : "WRONG");
        if (!right) std::printf("%s\n", text.c_str());
        wrong += !right;
    }
    return wrong == 0 ? 0 : 1;
#endif
}
