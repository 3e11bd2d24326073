// SPDX-License-Identifier: BSL-1.0
// The simplest primitive that a line can have: tickets of admission, given out by hand.
#pragma once
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/thread_wait.hpp>
#include <coil/sync/wait_list.hpp>

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

/// Collects what the log hook is told while it lives.
class heard {
public:
    heard() : before_(coil::set_log_hook(&add)) {
        const std::scoped_lock guard(lock());
        lines().clear();
    }
    ~heard() { coil::set_log_hook(before_); }
    static std::vector<std::string> all() {
        const std::scoped_lock guard(lock());
        return lines();
    }

private:
    static std::mutex& lock() {
        static std::mutex m;
        return m;
    }
    static std::vector<std::string>& lines() {
        static std::vector<std::string> all;
        return all;
    }
    static void add(std::string_view line) noexcept {
        const std::scoped_lock guard(lock());
        lines().emplace_back(line);
    }
    coil::log_hook before_;
};

class turnstile {
public:
    turnstile() noexcept : line_(lock_, rules, this) {}

    class [[nodiscard]] passage : public coil::line_wait {
    public:
        passage(turnstile& t, std::uint64_t wanted, coil::place where) : coil::line_wait(t.line_, where, wanted) {}
        bool await_ready() noexcept { return refused(); }
        void await_resume() { settle(); }
    };
    class [[nodiscard]] timed_passage : public coil::timed_line_wait {
    public:
        timed_passage(turnstile& t, coil::nanoseconds d, coil::place where) : timed_line_wait(t.line_, d, where, 1) {}
        bool await_ready() noexcept { return refused(); }
        bool await_resume() { return settle_in_time(); }
    };
    passage pass(std::uint64_t wanted = 1, coil::place where = coil::place::current()) {
        return passage(*this, wanted, where);
    }
    timed_passage pass_for(coil::nanoseconds d, coil::place where = coil::place::current()) {
        return timed_passage(*this, d, where);
    }
    bool pass_blocking(std::uint64_t wanted = 1, coil::time_point deadline = coil::never,
                       coil::place where = coil::place::current()) {
        coil::thread_wait w(wanted);
        return w.sleep_in(line_, where, deadline);
    }

    /// Admits n more: the first in line first, each as soon as all it wants is there.
    void admit(std::uint64_t n) noexcept {
        coil::wake_batch wakes;
        const std::scoped_lock guard(lock_);
        free_ += n;
        serve(wakes);
    }
    std::uint64_t free() noexcept {
        const std::scoped_lock guard(lock_);
        return free_;
    }
    coil::wait_list& line() noexcept { return line_; }

private:
    void serve(coil::wake_batch& wakes) noexcept {
        while (coil::waiter* w = line_.front()) {
            if (w->wants > free_) return;
            if (line_.grant(*w, wakes)) free_ -= w->wants;
        }
    }
    static bool arrive(coil::wait_list& line, coil::waiter& w) noexcept {
        turnstile& self = line.of<turnstile>();
        if (!line.empty() || w.wants > self.free_) return false;
        self.free_ -= w.wants;
        return true;
    }
    static void left(coil::wait_list& line, coil::waiter&, coil::wake_batch& wakes) noexcept { line.of<turnstile>().serve(wakes); }
    static constexpr coil::line_rules rules{"turnstile", &arrive, &left};

    coil::spin_lock lock_;
    std::uint64_t free_ = 0;
    coil::wait_list line_;
};
