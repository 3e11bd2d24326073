// SPDX-License-Identifier: BSL-1.0
// Rows pool_start, pool_call_awake, pool_call_asleep: the least that could do it.
#include <fcntl.h>
#include <linux/futex.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "../measure/row.hpp"
#include "../measure/trips.hpp"
#include "pool_work.hpp"

namespace {

// A program that starts, says that it has, and ends.
measure::result starts(std::uint64_t n, const char* program, char* const* arguments) {
    measure::result total;
    for (std::uint64_t i = 0; i < n; ++i) {
        int two[2];
        if (::pipe2(two, O_CLOEXEC) != 0) std::abort();
        posix_spawn_file_actions_t actions;
        ::posix_spawn_file_actions_init(&actions);
        ::posix_spawn_file_actions_adddup2(&actions, two[1], 1);
        pid_t pids[2];
        const measure::window w;
        for (pid_t& pid : pids)
            if (::posix_spawn(&pid, program, &actions, nullptr, arguments, environ) != 0) std::abort();
        char bytes[2];
        for (char& b : bytes)
            if (::read(two[0], &b, 1) != 1) std::abort();
        const measure::result r = w.stop(1);
        total.seconds += r.seconds;
        total.cpu_seconds += r.cpu_seconds;
        total.operations += 1;
        for (const pid_t pid : pids) ::waitpid(pid, nullptr, 0);
        ::posix_spawn_file_actions_destroy(&actions);
        ::close(two[0]);
        ::close(two[1]);
    }
    return total;
}

measure::result starts_echo(std::uint64_t n) {
    char name[] = "echo";
    char* const arguments[] = {name, nullptr};
    return starts(n, "/bin/echo", arguments);
}

// This program once more, which has more to load and to relocate than /bin/echo.
measure::result starts_itself(std::uint64_t n) {
    char name[] = "rows", what[] = "--count", row[] = "pool_start/says", once[] = "1";
    char* const arguments[] = {name, what, row, once, nullptr};
    return starts(n, "/proc/self/exe", arguments);
}
measure::result says(std::uint64_t) {
    if (::write(1, "r", 1) != 1) std::abort();
    ::_exit(0);
}

struct words {
    alignas(64) std::atomic<std::uint32_t> asked;
    alignas(64) std::atomic<std::uint32_t> answered;
};

long futex(const std::atomic<std::uint32_t>& word, int op, std::uint32_t value) {
    return ::syscall(SYS_futex, &word, op, value, nullptr, nullptr, 0);
}

// Another process that answers each question; this one has a single thread when it is made.
class partner {
public:
    explicit partner(bool sleeps) : sleeps_(sleeps) {
        void* const room = ::mmap(nullptr, sizeof(words), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (room == MAP_FAILED) std::abort();
        words_ = new (room) words{};
        pid_ = ::fork();
        if (pid_ == 0) answer();
    }
    ~partner() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::munmap(words_, sizeof(words));
    }
    void ask() {
        ++number_;
        tell(words_->asked, number_);
        wait(words_->answered, number_);
    }

private:
    void tell(std::atomic<std::uint32_t>& word, std::uint32_t value) const {
        word.store(value, std::memory_order_release);
        if (sleeps_) futex(word, FUTEX_WAKE, 1);
    }
    void wait(const std::atomic<std::uint32_t>& word, std::uint32_t value) const {
        for (std::uint32_t now; (now = word.load(std::memory_order_acquire)) != value;)
            if (sleeps_) futex(word, FUTEX_WAIT, now);
    }
    [[noreturn]] void answer() {
        for (std::uint32_t n = 1;; ++n) {
            wait(words_->asked, n);
            tell(words_->answered, n);
        }
    }
    const bool sleeps_;
    words* words_;
    pid_t pid_;
    std::uint32_t number_ = 0;
};

measure::result calls(std::uint64_t n) {
    partner p(false);
    p.ask();
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) p.ask();
    return w.stop(static_cast<double>(n));
}

measure::result calls_asleep(std::uint64_t n) {
    partner p(true);
    p.ask();
    measure::trips t(n);
    for (std::uint64_t i = 0; i < n; ++i) {
        std::this_thread::sleep_for(pool_work::rest);
        t.start();
        p.ask();
        t.stop();
    }
    return t.summary();
}

const measure::enrol all[] = {
    {"pool_start/spawn", pool_work::starts, starts_echo, measure::shape::whole},
    {"pool_start/itself", pool_work::starts, starts_itself, measure::shape::whole},
    {"pool_start/says", 1, says, measure::shape::whole},
    {"pool_call_awake/memory", pool_work::calls, calls},
    {"pool_call_asleep/futex", pool_work::asleep, calls_asleep, measure::shape::whole},
};

}  // namespace
