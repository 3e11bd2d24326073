// SPDX-License-Identifier: BSL-1.0
#include <coil/process/clone_child.hpp>

#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <csignal>
#include <type_traits>

// The parent's thread goes on meanwhile, and all of its memory is here, its thread-local storage too: whatever a sanitizer
// or the C library (errno!) would note about this thread, it would note about that one. So nothing is called here but the
// functions of this file and the kernel; nor is anything made by `{}`, for which a compiler may call memset.
#if defined(__clang__)
#define COIL_IN_CHILD __attribute__((disable_sanitizer_instrumentation, no_sanitize("undefined")))
#else
#define COIL_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

namespace coil::process {

namespace {

template <class T>
COIL_IN_CHILD long word_of(T argument) noexcept {
    if constexpr (std::is_null_pointer_v<T>) return 0;
    else if constexpr (std::is_pointer_v<T>) return reinterpret_cast<long>(argument);
    else return static_cast<long>(argument);
}

// Makes a system call; a negative errno tells that it failed.
template <class A = int, class B = int, class C = int, class D = int, class E = int>
COIL_IN_CHILD long plain_call(long number, A a = 0, B b = 0, C c = 0, D d = 0, E e = 0) noexcept {
    const long first = word_of(a), second = word_of(b), third = word_of(c), fourth = word_of(d), fifth = word_of(e);
#if defined(__x86_64__)
    // nothing may be called between these and the instruction
    register long in_r10 asm("r10") = fourth;
    register long in_r8 asm("r8") = fifth;
    asm volatile("syscall"
                 : "+a"(number)
                 : "D"(first), "S"(second), "d"(third), "r"(in_r10), "r"(in_r8)
                 : "rcx", "r11", "memory");
    return number;
#else
    // the parent's thread waits here, and keeps its errno
    const long r = syscall(number, first, second, third, fourth, fifth);
    return r == -1 ? -errno : r;
#endif
}

COIL_IN_CHILD long fail(launching& l, launch_stage where, long result) noexcept {
    l.error = static_cast<int>(-result);
    l.failed = where;
    return -1;
}

// As the kernel's: the C library's differs.
struct kernel_action {
    void (*handler)(int);
    unsigned long flags;
    void (*restorer)();
    std::uint64_t mask;
};
constexpr kernel_action default_action{};
constexpr int last_signal = 64;

// Without handlers nothing is left but what the parent ignores, and each signal is asked for: the kernel tells of all in
// one piece in /proc alone, where a process that is new takes it 28 us, and these calls 9.
COIL_IN_CHILD void reset_signals(const launching& l) noexcept {
    const bool keeps_ignored = l.what->keep_ignored_signals;
    if (!l.has_handlers && keeps_ignored) return;
    for (int n = 1; n <= last_signal; ++n) {
        if (n == SIGKILL || n == SIGSTOP) continue;
        kernel_action now;
        if (plain_call(SYS_rt_sigaction, n, nullptr, &now, signal_bytes) != 0 || now.handler == SIG_DFL) continue;
        if (now.handler == SIG_IGN ? keeps_ignored : !l.has_handlers) continue;
        plain_call(SYS_rt_sigaction, n, &default_action, nullptr, signal_bytes);
    }
}

COIL_IN_CHILD bool is_target(const launching& l, int number, std::size_t but) noexcept {
    for (std::size_t i = 0; i != l.descriptors.count; ++i)
        if (i != but && l.descriptors.first[i].to == number) return true;
    return false;
}

COIL_IN_CHILD int highest_target(const launching& l) noexcept {
    int highest = -1;
    for (std::size_t i = 0; i != l.descriptors.count; ++i)
        if (l.descriptors.first[i].to > highest) highest = l.descriptors.first[i].to;
    return highest;
}

// One by one, for kernels whose guard forbids close_range.
COIL_IN_CHILD void close_slowly(unsigned from, unsigned to) noexcept {
    rlimit most;
    if (plain_call(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &most) != 0 || most.rlim_cur > 1U << 20)
        most.rlim_cur = 1U << 20;
    for (unsigned n = from; n <= to && n < most.rlim_cur; ++n)
        plain_call(SYS_close, n);
}

COIL_IN_CHILD void close_between(unsigned from, unsigned to) noexcept {
    if (from <= to && plain_call(SYS_close_range, from, to, 0) != 0) close_slowly(from, to);
}

// Closes all but the targets. They are closed here and not left to the exec, which lets the parent go on before it closes
// anything: so when a spawn has returned, no end of a pipe is held by accident.
COIL_IN_CHILD void close_the_others(const launching& l, int highest) noexcept {
    for (int n = 0; n < highest;) {
        if (is_target(l, n, l.descriptors.count)) {
            ++n;
            continue;
        }
        int end = n + 1;
        while (end <= highest && !is_target(l, end, l.descriptors.count))
            ++end;
        close_between(static_cast<unsigned>(n), static_cast<unsigned>(end - 1));
        n = end;
    }
    close_between(static_cast<unsigned>(highest + 1), UINT_MAX);
}

// A number that is wanted by somebody else has to be moved out of the way first: the moves may go round in a circle.
COIL_IN_CHILD long place_descriptors(launching& l) noexcept {
    const int highest = highest_target(l);
    for (std::size_t i = 0; i != l.descriptors.count; ++i) {
        const descriptor_move& d = l.descriptors.first[i];
        l.moved[i] = d.from;
        if (d.from == null_device) {
            const long fd = plain_call(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
            if (fd < 0) return fail(l, launch_stage::descriptors, fd);
            l.moved[i] = static_cast<int>(fd);
        }
        if (!is_target(l, l.moved[i], i)) continue;
        const long fd = plain_call(SYS_fcntl, l.moved[i], F_DUPFD_CLOEXEC, highest + 1);
        if (fd < 0) return fail(l, launch_stage::descriptors, fd);
        l.moved[i] = static_cast<int>(fd);
    }
    for (std::size_t i = 0; i != l.descriptors.count; ++i) {
        const int to = l.descriptors.first[i].to;
        const long done = l.moved[i] == to ? plain_call(SYS_fcntl, to, F_SETFD, 0) : plain_call(SYS_dup3, l.moved[i], to, 0);
        if (done < 0) return fail(l, launch_stage::descriptors, done);
    }
    close_the_others(l, highest);
    return 0;
}

COIL_IN_CHILD long join_cgroup(launching& l) noexcept {
    const long fd = plain_call(SYS_openat, l.what->cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (fd < 0) return fail(l, launch_stage::cgroup, fd);
    const long written = plain_call(SYS_write, fd, "0", 1);
    return written == 1 ? 0 : fail(l, launch_stage::cgroup, written);  // it is closed with the others
}

COIL_IN_CHILD long find_its_place(launching& l) noexcept {
    const launch& w = *l.what;
    long r = 0;
    if (w.new_session) r = plain_call(SYS_setsid);
    else if (w.process_group >= 0) r = plain_call(SYS_setpgid, 0, w.process_group);
    if (r < 0) return fail(l, launch_stage::session, r);
    if (l.joins_cgroup && join_cgroup(l) != 0) return -1;
    if (w.nice != 0) {
        const long now = 20 - plain_call(SYS_getpriority, PRIO_PROCESS, 0);
        r = plain_call(SYS_setpriority, PRIO_PROCESS, 0, now + w.nice);
        if (r != 0) return fail(l, launch_stage::priority, r);
    }
    if (l.processors.count != 0) {
        r = plain_call(SYS_sched_setaffinity, 0, l.processors.count * sizeof(unsigned long), l.processors.first);
        if (r < 0) return fail(l, launch_stage::affinity, r);
    }
    return 0;
}

COIL_IN_CHILD long limit_resources(launching& l) noexcept {
    for (std::size_t i = 0; i != l.limits.count; ++i) {
        const launch_limit& n = l.limits.first[i];
        const rlimit both{n.soft, n.hard};
        const long r = plain_call(SYS_prlimit64, 0, n.resource, &both, nullptr);
        if (r != 0) return fail(l, launch_stage::limits, r);
    }
    return 0;
}

// The plain system calls: the C library's would tell every thread of the parent.
COIL_IN_CHILD long become_user(launching& l) noexcept {
    const launch& w = *l.what;
    if (w.groups != nullptr || w.user != nullptr) {
        const long r = plain_call(SYS_setgroups, l.groups.count, l.groups.first);
        // who is no superuser may still become what he is
        if (r != 0 && (w.groups != nullptr || r != -EPERM)) return fail(l, launch_stage::identity, r);
    }
    if (w.group != nullptr)
        if (const long r = plain_call(SYS_setresgid, *w.group, *w.group, *w.group); r != 0)
            return fail(l, launch_stage::identity, r);
    if (w.user != nullptr)
        if (const long r = plain_call(SYS_setresuid, *w.user, *w.user, *w.user); r != 0)
            return fail(l, launch_stage::identity, r);
    return 0;
}

COIL_IN_CHILD long settle(launching& l) noexcept {
    const launch& w = *l.what;
    if (w.umask >= 0) plain_call(SYS_umask, w.umask);
    if (w.directory != nullptr)
        if (const long r = plain_call(SYS_chdir, w.directory); r != 0) return fail(l, launch_stage::directory, r);
    if (w.controlling_terminal >= 0)
        if (const long r = plain_call(SYS_ioctl, w.controlling_terminal, TIOCSCTTY, 0); r != 0)
            return fail(l, launch_stage::terminal_of_session, r);
    if (w.death_signal != 0) {
        const long r = plain_call(SYS_prctl, PR_SET_PDEATHSIG, w.death_signal);
        if (r != 0) return fail(l, launch_stage::death_signal, r);
        // it may have died before the kernel was told
        if (plain_call(SYS_getppid) != l.parent) return fail(l, launch_stage::death_signal, -ESRCH);
    }
    return 0;
}

// As execvp: goes on with the next directory where this one has no such file, and tells of a file that may not be run if
// none can be.
COIL_IN_CHILD void run_program(launching& l) noexcept {
    const launch& w = *l.what;
    bool forbidden = false, without_interpreter = false;
    long r = -ENOENT;
    for (const char* const* path = w.programs; *path != nullptr; ++path) {
        r = plain_call(SYS_execve, *path, w.arguments, l.environment);
        if (r == -EACCES) forbidden = true;
        else if (r == -ENOENT && plain_call(SYS_faccessat, AT_FDCWD, *path, F_OK) == 0) without_interpreter = true;
        else if (r != -ENOENT && r != -ENOTDIR && r != -ESTALE && r != -ENODEV && r != -ETIMEDOUT) break;
    }
    if (forbidden && (r == -ENOENT || r == -ENOTDIR)) r = -EACCES;
    fail(l, without_interpreter && r == -ENOENT ? launch_stage::interpreter : launch_stage::program, r);
}

}  // namespace

COIL_IN_CHILD int child_main(void* of_launching) noexcept {
    auto& l = *static_cast<launching*>(of_launching);
    reset_signals(l);
    if (find_its_place(l) == 0 && place_descriptors(l) == 0 && limit_resources(l) == 0 && become_user(l) == 0 &&
        settle(l) == 0) {
        const std::uint64_t none = 0;
        plain_call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, signal_bytes);
        run_program(l);
    }
    for (;;)
        plain_call(SYS_exit_group, 127);
}

}  // namespace coil::process
