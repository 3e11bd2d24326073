// SPDX-License-Identifier: BSL-1.0
#include <coil/process/clone.hpp>

#include <coil/process/pidfd.hpp>

#include <linux/sched.h>
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <new>

// The C library's clone by its other name: ThreadSanitizer takes a call of the first for a fork, and is lost when the child
// that shares its memory goes on.
extern "C" int __clone(int (*)(void*), void*, int, void*, ...);

namespace coil::process {

namespace {

// Whether clone3 answers: 1 yes, -1 no (a kernel's guard forbids it), 0 not tried yet. Any order will do: the worst is a
// call in vain.
std::atomic<int> clone3_works{0};
std::atomic<bool> clone3_hidden{false};

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

constexpr std::uint64_t clear_handlers = std::uint64_t{1} << 32;  // CLONE_CLEAR_SIGHAND, clone3 only
constexpr std::uint64_t into_cgroup = std::uint64_t{1} << 33;     // CLONE_INTO_CGROUP, the same
constexpr std::uint64_t shared_memory = CLONE_VM | CLONE_PIDFD;

// As the kernel sees the word.
std::uint32_t* address(futex::word& w) noexcept {
    return reinterpret_cast<std::uint32_t*>(&w);
}

template <class T>
plain_list<T> plain(std::span<const T> s) noexcept {
    return {s.data(), s.size()};
}

}  // namespace

birth::birth(const launch& what) noexcept {
    shared_.what = &what;
    shared_.descriptors = plain(what.descriptors);
    shared_.limits = plain(what.limits);
    shared_.processors = plain(what.processors);
    if (what.groups != nullptr) shared_.groups = plain(*what.groups);
}

birth::~birth() {
    if (!is_over()) {
        kill();
        await_end();
    }
    if (made_.pid > 0) bury();
}

// Makes what the child will use. False if there is no memory.
bool birth::prepare() noexcept {
    const launch& what = *shared_.what;
    shared_.moved = few_moved_.data();
    if (what.descriptors.size() > few) {
        many_moved_.reset(new (std::nothrow) int[what.descriptors.size()]);
        shared_.moved = many_moved_.get();
    }
    shared_.environment = what.environment;
    if (what.environment == nullptr) {
        std::size_t count = 0;
        while (environ[count] != nullptr)
            ++count;
        environment_.reset(new (std::nothrow) const char*[count + 1]);
        shared_.environment = environment_.get();
        if (environment_) std::copy_n(environ, count + 1, environment_.get());
    }
    return shared_.moved != nullptr && shared_.environment != nullptr && stack_.allocate();
}

void birth::begin() noexcept {
    const int errno_before = errno;
    if (shared_.what->death_signal != 0) shared_.parent = getpid();
    long r = -ENOMEM;
    if (prepare()) {
        // the child's, and through the kernel its parent's again, from here on
        on_its_way_.store(1, std::memory_order_relaxed);
        r = clone_somehow();
    }
    if (r < 0) {
        made_ = {.error = static_cast<int>(-r), .failed = launch_stage::clone};
        on_its_way_.store(0, std::memory_order_relaxed);
    } else {
        made_.pid = static_cast<int>(r);
    }
    errno = errno_before;
}

// The pid, or a negative errno.
long birth::clone_by_3() noexcept {
    clone_args args{};
    args.flags = shared_memory | clear_handlers | CLONE_CHILD_CLEARTID;
    args.pidfd = reinterpret_cast<std::uintptr_t>(&made_.pidfd);
    args.child_tid = reinterpret_cast<std::uintptr_t>(address(on_its_way_));
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<std::uintptr_t>(stack_.bottom());
    args.stack_size = clone_stack::size;
    if (shared_.what->cgroup >= 0) {
        args.flags |= into_cgroup;
        args.cgroup = static_cast<std::uint64_t>(shared_.what->cgroup);
    }
    shared_.has_handlers = false;
    shared_.joins_cgroup = false;
    return clone3(args, &child_main, &shared_);
}

// This thread waits here until the child is over: valgrind knows no other child that shares memory.
long birth::clone_by_2() noexcept {
    const signals_blocked quiet;
    shared_.has_handlers = true;
    shared_.joins_cgroup = shared_.what->cgroup >= 0;
    const int r = __clone(&child_main, stack_.top(), static_cast<int>(shared_memory) | CLONE_VFORK | SIGCHLD, &shared_,
                          &made_.pidfd);
    on_its_way_.store(0, std::memory_order_relaxed);
    return r < 0 ? -errno : r;
}

long birth::clone_somehow() noexcept {
    if (can_clone3 && !clone3_hidden.load(std::memory_order_relaxed)) {
        const int works = clone3_works.load(std::memory_order_relaxed);
        if (works >= 0) {
            const long r = clone_by_3();
            if (r > 0 && works == 0) clone3_works.store(1, std::memory_order_relaxed);
            // EPERM too may mean a guard; clone then tells what is really forbidden
            if (r > 0 || works > 0 || (r != -ENOSYS && r != -EPERM && r != -EINVAL)) return r;
        }
    }
    const long r = clone_by_2();
    if (r > 0 && can_clone3 && !clone3_hidden.load(std::memory_order_relaxed))
        clone3_works.store(-1, std::memory_order_relaxed);
    return r;
}

void birth::await_end() const noexcept {
    while (!is_over())
        futex::wait(on_its_way_, 1);
}

void birth::kill() noexcept {
    if (made_.pid <= 0) return;
    // first the child, so that it begins no more, then whom it has begun: it may run its program by now
    send_signal(made_.pidfd, SIGKILL);
    if (shared_.what->new_session || shared_.what->process_group == 0)
        send_signal_to_group(made_.pidfd, made_.pid, SIGKILL);
}

// It has ended, or is about to: the wait is short. Where somebody else has taken its status there is nothing to take.
void birth::bury() noexcept {
    kill();
    reap_blocking(made_.pidfd);
    close(made_.pidfd);
    made_.pid = -1;
}

launched birth::take() noexcept {
    if (made_.pid > 0 && shared_.error != 0) {
        bury();
        made_ = {.error = shared_.error, .failed = shared_.failed};
    }
    const launched yielded = made_;
    made_.pid = -1;
    return yielded;
}

bool goes_beside() noexcept {
    return clone3_works.load(std::memory_order_relaxed) > 0 && !clone3_hidden.load(std::memory_order_relaxed);
}

void forbid_clone3(bool hidden) noexcept {
    clone3_hidden.store(hidden, std::memory_order_relaxed);
}

}  // namespace coil::process
