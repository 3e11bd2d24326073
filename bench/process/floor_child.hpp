// SPDX-License-Identifier: BSL-1.0
// The least that makes a child: clone3 with the parent's memory, one dup2 per stream, exec.
#pragma once
#include <fcntl.h>
#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>

extern char** environ;

namespace floor_of {

struct child {
    const char* const* arguments;
    int in = -1, out = -1;
    int pidfd = -1;
};

inline int begin(void* of) {
    const auto& c = *static_cast<child*>(of);
    if (c.in >= 0) syscall(SYS_dup3, c.in, 0, 0);
    if (c.out >= 0) syscall(SYS_dup3, c.out, 1, 0);
    syscall(SYS_execve, c.arguments[0], c.arguments, environ);
    syscall(SYS_exit_group, 127);
    return 0;
}

inline void start(child& c) {
    alignas(16) static thread_local char stack[32 << 10];
#if defined(__x86_64__)
    clone_args args{};
    args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | (std::uint64_t{1} << 32);
    args.pidfd = reinterpret_cast<std::uintptr_t>(&c.pidfd);
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<std::uintptr_t>(stack);
    args.stack_size = sizeof stack;
    long r = SYS_clone3;
    asm volatile("syscall\n\t"
                 "testq %%rax, %%rax\n\t"
                 "jnz 1f\n\t"
                 "movq %%rdx, %%rdi\n\t"
                 "call *%%rbx\n\t"
                 "ud2\n"
                 "1:"
                 : "+a"(r)
                 : "D"(&args), "S"(sizeof args), "b"(&begin), "d"(&c)
                 : "rcx", "r11", "memory", "cc");
#else
    const long r = clone(&begin, stack + sizeof stack, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &c, &c.pidfd);
#endif
    if (r < 0) std::abort();
}

inline void finish(child& c) {
    siginfo_t unused;
    if (waitid(P_PIDFD, static_cast<id_t>(c.pidfd), &unused, WEXITED) != 0) std::abort();
    close(c.pidfd);
}

}  // namespace floor_of
