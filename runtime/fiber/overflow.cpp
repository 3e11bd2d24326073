// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/fiber/overflow.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/pages.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/fiber/fiber_core.hpp>
#include <coil/runtime/fiber/fiber_stack.hpp>
#include <coil/runtime/ring/last_words.hpp>

#include <signal.h>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

namespace coil::fiber_overflow {

namespace {

constinit thread_local bool watched = false;
struct sigaction before = {};

// A line that is put together in a handler of a signal: no memory, no locale.
class line {
public:
    line& operator<<(std::string_view text) noexcept {
        for (const char c : text)
            if (length_ != sizeof text_) text_[length_++] = c;
        return *this;
    }
    line& operator<<(std::uint64_t n) noexcept {
        char digits[20];
        std::size_t first = sizeof digits;
        do
            digits[--first] = static_cast<char>('0' + n % 10);
        while ((n /= 10) != 0);
        return *this << std::string_view(digits + first, sizeof digits - first);
    }
    std::string_view text() const noexcept { return {text_, length_}; }

private:
    char text_[512];
    std::size_t length_ = 0;
};

void name(fiber_core& f) noexcept {
    line said;
    said << "coil: stack overflow in fiber: task ";
    const task_record& task = *f.promise().line().root;
    said << task.id();
    if (!task.name().empty()) said << " \"" << task.name() << "\"";
    said << ", fiber made at " << f.made_at().file_name() << ":" << f.made_at().line() << "; its stack has "
         << fiber_stacks::bytes_of(f.stack().size_class) << " bytes, .stack_size makes it larger\n";
    ring::say_last_words(said.text());
}

// To whoever handled the signal before; the process ends as it would without us.
void pass_on(int number, siginfo_t* info, void* context) noexcept {
    const bool sent = info->si_code <= 0;  // by somebody, not by an access
    if ((before.sa_flags & SA_SIGINFO) != 0) return before.sa_sigaction(number, info, context);
    if (before.sa_handler == SIG_IGN && sent) return;
    if (before.sa_handler != SIG_DFL && before.sa_handler != SIG_IGN) return before.sa_handler(number);
    ::sigaction(number, &before, nullptr);
    if (sent) ::raise(number);  // an access is simply made again
}

void on_fault(int number, siginfo_t* info, void* context) {
    const int error = errno;
    fiber_core* const f = fiber_core::running();
    if (f && info->si_code > 0 && f->stack().is_guard(info->si_addr)) {
        name(*f);
        // the access is made again, and meets who was here before
        ::sigaction(number, &before, nullptr);
    } else {
        pass_on(number, info, context);
    }
    errno = error;
}

void watch_this_process() {
    if (::sigaction(SIGSEGV, nullptr, &before) != 0) throw_errno(errno, "sigaction");
    struct sigaction ours = {};
    ours.sa_sigaction = &on_fault;
    ours.sa_mask = before.sa_mask;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK | (before.sa_flags & (SA_NODEFER | SA_RESTART));
    if (::sigaction(SIGSEGV, &ours, nullptr) != 0) throw_errno(errno, "sigaction");
}

// The stack on which this thread handles signals when its own has run out.
class signal_stack {
public:
    signal_stack() {
        stack_t present = {};
        if (::sigaltstack(nullptr, &present) != 0 || (present.ss_flags & SS_DISABLE) == 0) return;  // the user's
        lowest_ = pages::map_guarded(bytes, guard);
        if (!lowest_) return;  // an overflow ends the process all the same, without a name
        stack_t ours = {};
        ours.ss_sp = lowest_;
        ours.ss_size = bytes;
        ::sigaltstack(&ours, nullptr);
    }
    ~signal_stack() {
        if (!lowest_) return;
        stack_t present = {};
        if (::sigaltstack(nullptr, &present) == 0 && present.ss_sp == lowest_) {
            stack_t none = {};
            none.ss_flags = SS_DISABLE;
            ::sigaltstack(&none, nullptr);
        }
        pages::unmap_guarded(lowest_, bytes, guard);
    }
    signal_stack(const signal_stack&) = delete;
    signal_stack& operator=(const signal_stack&) = delete;
    void touch() const noexcept {}

private:
    static constexpr std::size_t bytes = std::size_t{64} << 10, guard = std::size_t{16} << 10;
    void* lowest_ = nullptr;
};

[[gnu::noinline]] void watch_now() {
    static std::once_flag once;
    std::call_once(once, &watch_this_process);
    static thread_local const signal_stack own;
    own.touch();
    watched = true;
}

}  // namespace

void watch_this_thread() {
    if (!watched) [[unlikely]]
        watch_now();
}

}  // namespace coil::fiber_overflow
