// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/signal_set.hpp>

#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/taken_signals.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/notifications.hpp>

#include <array>
#include <cerrno>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

namespace coil {

// What a set has taken, and which of it this thread did not block before.
struct signal_set::blocked {
    blocked() { sigemptyset(&newly); }
    blocked(const blocked&) = delete;
    blocked& operator=(const blocked&) = delete;
    ~blocked() {
        if (std::this_thread::get_id() == thread) pthread_sigmask(SIG_UNBLOCK, &newly, nullptr);
        for (const int number : taken)
            give_signal_back(number);
    }
    const std::thread::id thread = std::this_thread::get_id();
    sigset_t newly;
    std::vector<int> taken;
};

signal_set::signal_set(signal_list signals) : blocked_(std::make_unique<blocked>()) {
    sigset_t wanted, before;
    sigemptyset(&wanted);
    for (const int number : signals) {
        if (number == SIGKILL || number == SIGSTOP || sigaddset(&wanted, number) != 0)
            throw_errno(EINVAL, "signal_set signal", std::to_string(number));
        if (sigismember(&blocked_->newly, number) == 1) continue;  // named twice
        blocked_->taken.reserve(signal_list::most);
        take_signal(number, signal_taker::set);
        blocked_->taken.push_back(number);
        sigaddset(&blocked_->newly, number);
    }
    const sigset_t all = blocked_->newly;
    pthread_sigmask(SIG_BLOCK, &wanted, &before);
    for (const int number : blocked_->taken)
        if (sigismember(&before, number) == 1) sigdelset(&blocked_->newly, number);
    const long fd = ring::call_here(ring::call::signalfd(-1, &all));
    if (fd < 0) throw_errno(static_cast<int>(-fd), "signal_set");
    stream_ = fd_stream(ring::descriptor(static_cast<int>(fd), ring::keeper_here()), "signal_set");
}

signal_set::signal_set(signal_set&&) noexcept = default;
signal_set& signal_set::operator=(signal_set&&) noexcept = default;
signal_set::~signal_set() = default;

task<signal_info> signal_set::next() {
    alignas(8) std::array<std::byte, ring::signal_notification_size> bytes;
    co_await stream_.read(bytes);
    const ring::signal_notification n = ring::signal_notification_at(bytes.data());
    co_return signal_info{n.number, n.code, n.pid, n.uid, n.status, n.value};
}

async_generator<signal_info> signal_set::signals() {
    for (;;) {
        const signal_info i = co_await next();
        co_yield i;
    }
}

}  // namespace coil
