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

// The parent's thread waits in the kernel, and all of its memory is here: whatever a sanitizer, or the C library behind
// its wrappers (errno aside, which the caller keeps), notes about this thread would stay noted in the parent.
#if defined(__clang__)
#define COIL_IN_CHILD __attribute__((disable_sanitizer_instrumentation))
#else
#define COIL_IN_CHILD __attribute__((no_sanitize("address", "thread", "undefined")))
#endif

namespace coil::process {

namespace {

COIL_IN_CHILD long fail(launching& l, launch_stage where) noexcept {
    l.error = errno;
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
constexpr int last_signal = 64;

// Without handlers nothing is left but what the parent ignores. Where it could not tell, each signal is asked for.
COIL_IN_CHILD void reset_signals(const launching& l) noexcept {
    if (!l.has_handlers && l.what.keep_ignored_signals) return;
    const bool known = !l.has_handlers && l.ignored != unknown_signals;
    for (int n = 1; n <= last_signal; ++n) {
        if (known && (l.ignored >> (n - 1) & 1) == 0) continue;
        kernel_action now{};
        if (syscall(SYS_rt_sigaction, n, nullptr, &now, signal_bytes) != 0 || now.handler == SIG_DFL) continue;
        if (now.handler == SIG_IGN ? l.what.keep_ignored_signals : !l.has_handlers) continue;
        const kernel_action fresh{};
        syscall(SYS_rt_sigaction, n, &fresh, nullptr, signal_bytes);
    }
}

COIL_IN_CHILD bool is_target(const launch& w, int number, std::size_t but) noexcept {
    for (std::size_t i = 0; i != w.descriptors.size(); ++i)
        if (i != but && w.descriptors.data()[i].to == number) return true;
    return false;
}

COIL_IN_CHILD int highest_target(const launch& w) noexcept {
    int highest = -1;
    for (std::size_t i = 0; i != w.descriptors.size(); ++i)
        if (w.descriptors.data()[i].to > highest) highest = w.descriptors.data()[i].to;
    return highest;
}

// One by one, for kernels whose guard forbids close_range.
COIL_IN_CHILD void close_slowly(unsigned from, unsigned to) noexcept {
    rlimit most{};
    if (syscall(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &most) != 0 || most.rlim_cur > 1U << 20)
        most.rlim_cur = 1U << 20;
    for (unsigned n = from; n <= to && n < most.rlim_cur; ++n)
        syscall(SYS_close, n);
}

COIL_IN_CHILD void close_between(unsigned from, unsigned to) noexcept {
    if (from <= to && syscall(SYS_close_range, from, to, 0) != 0) close_slowly(from, to);
}

// Closes all but the targets. They are closed here and not left to the exec, which lets the parent go on before it closes
// anything: so when a spawn has returned, no end of a pipe is held by accident.
COIL_IN_CHILD void close_the_others(const launch& w, int highest) noexcept {
    for (int n = 0; n < highest;) {
        if (is_target(w, n, w.descriptors.size())) {
            ++n;
            continue;
        }
        int end = n + 1;
        while (end <= highest && !is_target(w, end, w.descriptors.size()))
            ++end;
        close_between(static_cast<unsigned>(n), static_cast<unsigned>(end - 1));
        n = end;
    }
    close_between(static_cast<unsigned>(highest + 1), UINT_MAX);
}

// A number that is wanted by somebody else has to be moved out of the way first: the moves may go round in a circle.
COIL_IN_CHILD long place_descriptors(launching& l) noexcept {
    const launch& w = l.what;
    const int highest = highest_target(w);
    for (std::size_t i = 0; i != w.descriptors.size(); ++i) {
        const descriptor_move& d = w.descriptors.data()[i];
        l.moved[i] = d.from;
        if (d.from == null_device) {
            const long fd = syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR | O_CLOEXEC);
            if (fd < 0) return fail(l, launch_stage::descriptors);
            l.moved[i] = static_cast<int>(fd);
        }
        if (!is_target(w, l.moved[i], i)) continue;
        const long fd = syscall(SYS_fcntl, l.moved[i], F_DUPFD_CLOEXEC, highest + 1);
        if (fd < 0) return fail(l, launch_stage::descriptors);
        l.moved[i] = static_cast<int>(fd);
    }
    for (std::size_t i = 0; i != w.descriptors.size(); ++i) {
        const int to = w.descriptors.data()[i].to;
        const long done = l.moved[i] == to ? syscall(SYS_fcntl, to, F_SETFD, 0) : syscall(SYS_dup3, l.moved[i], to, 0);
        if (done < 0) return fail(l, launch_stage::descriptors);
    }
    close_the_others(w, highest);
    return 0;
}

COIL_IN_CHILD long join_cgroup(launching& l) noexcept {
    const long fd = syscall(SYS_openat, l.what.cgroup, "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (fd < 0 || syscall(SYS_write, fd, "0", 1) != 1) return fail(l, launch_stage::cgroup);
    return 0;  // it is closed with the others
}

COIL_IN_CHILD long find_its_place(launching& l) noexcept {
    const launch& w = l.what;
    if (w.new_session && syscall(SYS_setsid) < 0) return fail(l, launch_stage::session);
    if (!w.new_session && w.process_group >= 0 && syscall(SYS_setpgid, 0, w.process_group) != 0)
        return fail(l, launch_stage::session);
    if (l.joins_cgroup && join_cgroup(l) != 0) return -1;
    if (w.nice != 0) {
        const int now = 20 - static_cast<int>(syscall(SYS_getpriority, PRIO_PROCESS, 0));
        if (syscall(SYS_setpriority, PRIO_PROCESS, 0, now + w.nice) != 0) return fail(l, launch_stage::priority);
    }
    if (w.processors.size() != 0 && syscall(SYS_sched_setaffinity, 0, w.processors.size() * sizeof(unsigned long),
                                            w.processors.data()) < 0)
        return fail(l, launch_stage::affinity);
    return 0;
}

COIL_IN_CHILD long limit_resources(launching& l) noexcept {
    for (std::size_t i = 0; i != l.what.limits.size(); ++i) {
        const launch_limit& n = l.what.limits.data()[i];
        const rlimit both{n.soft, n.hard};
        if (syscall(SYS_prlimit64, 0, n.resource, &both, nullptr) != 0) return fail(l, launch_stage::limits);
    }
    return 0;
}

// The plain system calls: the C library's would tell every thread of the parent.
COIL_IN_CHILD long become_user(launching& l) noexcept {
    const launch& w = l.what;
    const bool groups = w.groups != nullptr;
    if ((groups || w.user != nullptr) &&
        syscall(SYS_setgroups, groups ? w.groups->size() : 0, groups ? w.groups->data() : nullptr) != 0) {
        // who is no superuser may still become what he is
        if (groups || errno != EPERM) return fail(l, launch_stage::identity);
    }
    if (w.group != nullptr && syscall(SYS_setresgid, *w.group, *w.group, *w.group) != 0)
        return fail(l, launch_stage::identity);
    if (w.user != nullptr && syscall(SYS_setresuid, *w.user, *w.user, *w.user) != 0)
        return fail(l, launch_stage::identity);
    return 0;
}

COIL_IN_CHILD long settle(launching& l) noexcept {
    const launch& w = l.what;
    if (w.umask >= 0) syscall(SYS_umask, w.umask);
    if (w.directory != nullptr && syscall(SYS_chdir, w.directory) != 0) return fail(l, launch_stage::directory);
    if (w.controlling_terminal >= 0 && syscall(SYS_ioctl, w.controlling_terminal, TIOCSCTTY, 0) != 0)
        return fail(l, launch_stage::terminal_of_session);
    if (w.death_signal != 0) {
        if (syscall(SYS_prctl, PR_SET_PDEATHSIG, w.death_signal, 0, 0, 0) != 0)
            return fail(l, launch_stage::death_signal);
        errno = ESRCH;  // it may have died before the kernel was told
        if (syscall(SYS_getppid) != l.parent) return fail(l, launch_stage::death_signal);
    }
    return 0;
}

// As execvp: goes on with the next directory where this one has no such file, and tells of a file that may not be run if
// none can be.
COIL_IN_CHILD void run_program(launching& l) noexcept {
    const launch& w = l.what;
    const char* const* environment = w.environment != nullptr ? w.environment : environ;
    bool forbidden = false;
    errno = ENOENT;
    for (const char* const* path = w.programs; *path != nullptr; ++path) {
        syscall(SYS_execve, *path, w.arguments, environment);
        if (errno == EACCES) forbidden = true;
        else if (errno != ENOENT && errno != ENOTDIR && errno != ESTALE && errno != ENODEV && errno != ETIMEDOUT) break;
    }
    if (forbidden && (errno == ENOENT || errno == ENOTDIR)) errno = EACCES;
    fail(l, launch_stage::program);
}

}  // namespace

COIL_IN_CHILD int child_main(void* of_launching) noexcept {
    auto& l = *static_cast<launching*>(of_launching);
    reset_signals(l);
    if (find_its_place(l) == 0 && place_descriptors(l) == 0 && limit_resources(l) == 0 && become_user(l) == 0 &&
        settle(l) == 0) {
        const std::uint64_t none = 0;
        syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, signal_bytes);
        run_program(l);
    }
    for (;;)
        syscall(SYS_exit_group, 127);
}

}  // namespace coil::process
