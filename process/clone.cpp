// SPDX-License-Identifier: BSL-1.0
#include <coil/process/clone.hpp>

#include <coil/process/clone_child.hpp>

#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <memory>
#include <new>
#include <string_view>
#include <system_error>

// The C library's clone by its other name: ThreadSanitizer takes a call of the first for a fork, and is lost when the child
// that shares its memory goes on.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);

namespace coil::process {

namespace {

constexpr std::size_t stack_bytes = 64 << 10;

// Whether clone3 answers: 1 yes, -1 no (a kernel's guard forbids it), 0 not tried yet. Any order will do: the worst is a
// call in vain.
std::atomic<int> clone3_works{0};
std::atomic<bool> clone3_hidden{false};

// The stack of a child until it has its program. One is kept, because a mapping costs the whole process a pause.
std::atomic<void*> spare_stack{nullptr};

class child_stack {
public:
    // pairs with the release below: what the last child did there is over
    child_stack() noexcept : memory_(spare_stack.exchange(nullptr, std::memory_order_acquire)) {
        if (memory_ != nullptr) return;
        void* const fresh =
            mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (fresh != MAP_FAILED) memory_ = fresh;
    }
    child_stack(const child_stack&) = delete;
    child_stack& operator=(const child_stack&) = delete;
    ~child_stack() {
        if (memory_ == nullptr) return;
        void* const other = spare_stack.exchange(memory_, std::memory_order_acq_rel);
        if (other != nullptr) munmap(other, stack_bytes);
    }
    explicit operator bool() const noexcept { return memory_ != nullptr; }
    void* bottom() const noexcept { return memory_; }
    void* top() const noexcept { return static_cast<char*>(memory_) + stack_bytes; }

private:
    void* memory_;
};

// Which signals this process ignores, so that the child need not ask for all 64 of them while its parent waits: the
// kernel tells of them in one piece there alone. Unknown where there is no such file.
std::uint64_t ignored_signals() noexcept {
    const long fd = syscall(SYS_openat, AT_FDCWD, "/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return unknown_signals;
    char text[4096];
    const long size = syscall(SYS_read, fd, text, sizeof text);
    syscall(SYS_close, fd);
    if (size <= 0) return unknown_signals;
    constexpr std::string_view label = "\nSigIgn:\t";
    const std::string_view all(text, static_cast<std::size_t>(size));
    const std::size_t at = all.find(label);
    if (at == std::string_view::npos) return unknown_signals;
    const std::string_view digits = all.substr(at + label.size());
    std::uint64_t mask = 0;
    const auto [end, problem] = std::from_chars(digits.data(), digits.data() + digits.size(), mask, 16);
    const bool whole = problem == std::errc() && end != digits.data() + digits.size() && *end == '\n';
    return whole ? mask : unknown_signals;
}

// Keeps every signal from this thread, the C library's own too: a handler that ran in the child would run in the
// parent's memory. A child that begins without handlers needs no such care.
class signals_blocked {
public:
    signals_blocked() noexcept {
        const std::uint64_t all = ~std::uint64_t{0};
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before_, signal_bytes);
    }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;
    ~signals_blocked() { syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before_, nullptr, signal_bytes); }

private:
    std::uint64_t before_ = 0;
};

#if defined(__x86_64__)
constexpr bool can_clone3 = true;

// The child begins on a stack without a frame, so it cannot return from here: it calls, and never comes back.
long clone3(clone_args& args, int (*f)(void*) noexcept, void* argument) noexcept {
    long r = SYS_clone3;
    asm volatile("syscall\n\t"
                 "testq %%rax, %%rax\n\t"
                 "jnz 1f\n\t"
                 "xorl %%ebp, %%ebp\n\t"
                 "movq %%rdx, %%rdi\n\t"
                 "call *%%rbx\n\t"
                 "ud2\n"
                 "1:"
                 : "+a"(r)
                 : "D"(&args), "S"(sizeof args), "b"(f), "d"(argument)
                 : "rcx", "r11", "memory", "cc");
    return r;
}
#else
constexpr bool can_clone3 = false;
long clone3(clone_args&, int (*)(void*) noexcept, void*) noexcept {
    return -ENOSYS;
}
#endif

constexpr std::uint64_t clear_handlers = std::uint64_t{1} << 32;   // CLONE_CLEAR_SIGHAND, clone3 only
constexpr std::uint64_t into_cgroup = std::uint64_t{1} << 33;      // CLONE_INTO_CGROUP, the same
constexpr std::uint64_t shared_memory = CLONE_VM | CLONE_VFORK | CLONE_PIDFD;

// The pid, or a negative errno; the child has its program, or has ended.
long clone_by_3(launching& l, const child_stack& stack, int& pidfd) noexcept {
    clone_args args{};
    args.flags = shared_memory | clear_handlers;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&pidfd);
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<std::uintptr_t>(stack.bottom());
    args.stack_size = stack_bytes;
    if (l.what.cgroup >= 0) {
        args.flags |= into_cgroup;
        args.cgroup = static_cast<std::uint64_t>(l.what.cgroup);
    }
    l.has_handlers = false;
    l.joins_cgroup = false;
    if (!l.what.keep_ignored_signals) l.ignored = ignored_signals();
    return clone3(args, &child_main, &l);
}

long clone_by_2(launching& l, const child_stack& stack, int& pidfd) noexcept {
    const signals_blocked quiet;
    l.has_handlers = true;
    l.joins_cgroup = l.what.cgroup >= 0;
    const int r = __clone(&child_main, stack.top(), static_cast<int>(shared_memory) | SIGCHLD, &l, &pidfd);
    return r < 0 ? -errno : r;
}

long clone_somehow(launching& l, const child_stack& stack, int& pidfd) noexcept {
    if (can_clone3 && !clone3_hidden.load(std::memory_order_relaxed)) {
        const int works = clone3_works.load(std::memory_order_relaxed);
        if (works >= 0) {
            const long r = clone_by_3(l, stack, pidfd);
            if (r > 0 && works == 0) clone3_works.store(1, std::memory_order_relaxed);
            // EPERM too may mean a guard; clone then tells what is really forbidden
            if (r > 0 || works > 0 || (r != -ENOSYS && r != -EPERM && r != -EINVAL)) return r;
        }
    }
    const long r = clone_by_2(l, stack, pidfd);
    if (r > 0 && can_clone3 && !clone3_hidden.load(std::memory_order_relaxed))
        clone3_works.store(-1, std::memory_order_relaxed);
    return r;
}

// It has ended, or is about to: the wait is short. Where somebody else has taken its status there is nothing to take.
void bury(int pidfd) noexcept {
    siginfo_t unused;
    while (waitid(P_PIDFD, static_cast<id_t>(pidfd), &unused, WEXITED) != 0 && errno == EINTR) {}
    close(pidfd);
}

}  // namespace

launched start_child(const launch& what) noexcept {
    const int errno_before = errno;
    constexpr std::size_t few = 16;
    int few_moved[few];
    std::unique_ptr<int[]> many_moved;
    if (what.descriptors.size() > few) many_moved.reset(new (std::nothrow) int[what.descriptors.size()]);
    const child_stack stack;
    if (!stack || (what.descriptors.size() > few && !many_moved))
        return {.error = ENOMEM, .failed = launch_stage::clone};

    launching l{.what = what,
                .moved = many_moved ? many_moved.get() : few_moved,
                .parent = what.death_signal != 0 ? getpid() : 0,
                .joins_cgroup = false,
                .has_handlers = false};
    launched made;
    const long r = clone_somehow(l, stack, made.pidfd);
    if (r < 0) {
        made.error = static_cast<int>(-r);
        made.failed = launch_stage::clone;
        made.pidfd = -1;
    } else {
        made.pid = static_cast<int>(r);
    }
    if (made.pid > 0 && l.error != 0) {
        bury(made.pidfd);
        made = {.error = l.error, .failed = l.failed};
    }
    errno = errno_before;
    return made;
}

void forbid_clone3(bool hidden) noexcept {
    clone3_hidden.store(hidden, std::memory_order_relaxed);
}

}  // namespace coil::process
