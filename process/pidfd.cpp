// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pidfd.hpp>

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <vector>

namespace coil::process {

namespace {

constexpr unsigned signal_process_group = 1U << 2;  // PIDFD_SIGNAL_PROCESS_GROUP, 6.9

std::atomic<bool> group_signals_hidden{false};

std::chrono::nanoseconds duration(const timeval& t) noexcept {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
}

resource_usage usage(const rusage& u) noexcept {
    return {.user_time = duration(u.ru_utime),
            .system_time = duration(u.ru_stime),
            .max_resident_kib = u.ru_maxrss,
            .minor_faults = u.ru_minflt,
            .major_faults = u.ru_majflt,
            .blocks_read = u.ru_inblock,
            .blocks_written = u.ru_oublock,
            .voluntary_switches = u.ru_nvcsw,
            .involuntary_switches = u.ru_nivcsw};
}

// The C library's waitid has no place for the usage.
child_end wait(int pidfd, int options) noexcept {
    siginfo_t info{};
    rusage used{};
    long r = 0;
    do
        r = syscall(SYS_waitid, P_PIDFD, pidfd, &info, WEXITED | options, &used);
    while (r != 0 && errno == EINTR);
    if (r != 0) return {.how = child_end::kind::unknown};
    if (info.si_pid == 0) return {};
    child_end end{.number = info.si_status, .used = usage(used)};
    switch (info.si_code) {
    case CLD_EXITED:
        end.how = child_end::kind::exited;
        break;
    case CLD_DUMPED:
        end.how = child_end::kind::dumped_core;
        break;
    default:
        end.how = child_end::kind::killed;
        break;
    }
    return end;
}

int send(int pidfd, int signal, unsigned flags) noexcept {
    return syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, flags) == 0 ? 0 : errno;
}

}  // namespace

child_end reap(int pidfd) noexcept {
    return wait(pidfd, WNOHANG);
}

child_end look(int pidfd) noexcept {
    return wait(pidfd, WNOHANG | WNOWAIT);
}

child_end reap_blocking(int pidfd) noexcept {
    return wait(pidfd, 0);
}

exit_status status_of(const child_end& end) noexcept {
    switch (end.how) {
    case child_end::kind::exited:
        return exit_status::exited(end.number, end.used);
    case child_end::kind::killed:
        return exit_status::killed(end.number, false, end.used);
    case child_end::kind::dumped_core:
        return exit_status::killed(end.number, true, end.used);
    case child_end::kind::running:
    case child_end::kind::unknown:
        break;
    }
    return {};
}

int send_signal(int pidfd, int signal) noexcept {
    return send(pidfd, signal, 0);
}

int send_signal_to_group(int pidfd, int pid, int signal) noexcept {
    const int r = group_signals_hidden.load(std::memory_order_relaxed) ? EINVAL : send(pidfd, signal, signal_process_group);
    if (r != EINVAL) return r;
    return kill(-pid, signal) == 0 ? 0 : errno;
}

bool wait_for_ends(int* pidfds, unsigned count, int bell) {
    std::vector<pollfd> all(count + 1);
    for (unsigned i = 0; i != count; ++i)
        all[i] = {pidfds[i], POLLIN, 0};
    all[count] = {bell, POLLIN, 0};
    // without a bell it looks from time to time
    constexpr int ticks = 20;
    if (poll(all.data(), all.size(), bell >= 0 ? -1 : ticks) <= 0) return bell < 0;
    for (unsigned i = 0; i != count; ++i)
        if (all[i].revents != 0) pidfds[i] = -1;
    if (all[count].revents == 0) return bell < 0;
    eventfd_t unused;
    eventfd_read(bell, &unused);
    return true;
}

int make_nursery_bell() noexcept {
    return eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

void ring_nursery_bell(int bell) noexcept {
    eventfd_write(bell, 1);
}

bool is_terminal(int fd) noexcept {
    const int errno_before = errno;
    termios unused;
    const bool yes = tcgetattr(fd, &unused) == 0;
    errno = errno_before;
    return yes;
}

void hide_group_signals(bool hidden) noexcept {
    group_signals_hidden.store(hidden, std::memory_order_relaxed);
}

}  // namespace coil::process
