// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_threads.hpp>

#include <coil/runtime/ring/fallback_blocking.hpp>
#include <coil/runtime/ring/signals_blocked.hpp>

#include <chrono>
#include <csignal>
#include <cstdio>
#include <memory>
#include <new>
#include <thread>

namespace coil::ring {

namespace {

constexpr std::size_t threads_at_once = 16;
constexpr std::size_t most_threads = 512;
constexpr auto keep_for = std::chrono::seconds(10);

// An interrupted call only comes back; so the handler does nothing. The highest signal that nobody has taken.
int claim_signal() noexcept {
    for (int s = SIGRTMAX; s >= SIGRTMIN; --s) {
        struct sigaction present{};
        if (sigaction(s, nullptr, &present) != 0 || present.sa_handler != SIG_DFL) continue;
        struct sigaction ours{};
        ours.sa_handler = [](int) {};
        if (sigaction(s, &ours, nullptr) == 0) return s;
    }
    return 0;
}

}  // namespace

void fallback_work_done::await_threads() noexcept {
    while (visitors_.load(std::memory_order_acquire) != 0)  // pairs with a thread's last touch
        std::this_thread::yield();
}

void fallback_work_done::push(fallback_request& r) noexcept {
    visitors_.fetch_add(1, std::memory_order_relaxed);
    fallback_request* first = first_.load(std::memory_order_relaxed);
    do {
        r.next_done = first;
    } while (!first_.compare_exchange_weak(first, &r, std::memory_order_release, std::memory_order_relaxed));
    tell();
    visitors_.fetch_sub(1, std::memory_order_release);
}

fallback_threads::fallback_threads() : interruption_(claim_signal()) {
    fork_guard::join();
}

fallback_threads& fallback_threads::of_process() {
    static fallback_threads& all = *new fallback_threads;
    return all;
}

bool fallback_threads::submit(fallback_request& r, fallback_work_done& to) noexcept {
    const std::scoped_lock hold(lock_);
    const std::size_t queued = queued_.load(std::memory_order_relaxed) + 1;
    if (queued > idle_ && threads_ < threads_at_once && !start() && threads_ == 0) return false;
    r.home = &to;
    r.stopped.store(false, std::memory_order_relaxed);
    line_.push_back(r);
    queued_.store(queued, std::memory_order_relaxed);
    if (idle_ != 0) work_.notify_one();
    return true;
}

bool fallback_threads::cancel(fallback_request& r) noexcept {
    const std::scoped_lock hold(lock_);
    if (r.linked()) {
        intrusive_list<fallback_request>::remove(r);
        queued_.store(queued_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
        return true;
    }
    r.stopped.store(true, std::memory_order_relaxed);
    if (r.running && interruption_ != 0) pthread_kill(r.worker, interruption_);
    return false;
}

void fallback_threads::look_after() noexcept {
    const std::scoped_lock hold(lock_);
    if (!line_.empty() && taken_ == taken_before_ && threads_ < most_threads) start();
    taken_before_ = taken_;
}

bool fallback_threads::start() noexcept {
    try {
        const signals_blocked inherited;
        std::thread([this, number = born_ + 1] {
            char name[16];
            std::snprintf(name, sizeof name, "coil-file-%u", number % 100'000);
            pthread_setname_np(pthread_self(), name);
            main();
        }).detach();
    } catch (...) {
        return false;
    }
    ++born_;
    ++threads_;
    return true;
}

void fallback_threads::main() noexcept {
    if (interruption_ != 0) {
        sigset_t it;
        sigemptyset(&it);
        sigaddset(&it, interruption_);
        pthread_sigmask(SIG_UNBLOCK, &it, nullptr);
    }
    std::unique_lock hold(lock_);
    for (;;) {
        while (fallback_request* const r = line_.pop_front()) {
            queued_.store(queued_.load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
            ++taken_;
            r->worker = pthread_self();
            r->running = true;
            hold.unlock();
            r->result = carry_out(*r);
            hold.lock();
            r->running = false;
            fallback_work_done& to = *r->home;
            hold.unlock();
            to.push(*r);  // the request is its owner's again
            hold.lock();
        }
        ++idle_;
        const auto until = std::chrono::steady_clock::now() + keep_for;
        const bool in_time = work_.wait_until(hold, until) == std::cv_status::no_timeout;
        --idle_;
        if (!line_.empty() || in_time) continue;
        --threads_;
        return;
    }
}

// None of the threads exists here, and the lock may be held by one of them.
void fallback_threads::forked() noexcept {
    std::construct_at(&lock_);
    std::construct_at(&work_);
    std::construct_at(&line_);
    threads_ = idle_ = 0;
    queued_ = 0;
}

}  // namespace coil::ring
