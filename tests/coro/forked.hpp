// SPDX-License-Identifier: BSL-1.0
// The barest combinator over a join, and a crew of threads with one lane each, on which its children may be stolen.
#pragma once
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/coro/lane.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

/// How a forked child ended.
struct child_end {
    coil::promise_base::outcome how;
    int value = 0;
    std::exception_ptr thrown;
};

/// Is what awaiting `forked` yields.
struct fork_end {
    std::vector<child_end> children;
    int winner = -1;       // index, or -1
    int first_error = -1;  // likewise
};

/// Forks tasks of int and waits for all of them; throws nothing of its own.
class [[nodiscard]] forked {
public:
    forked(coil::join::rule rule, std::vector<coil::task<int>> children, bool all_detached = false)
        : rule_(rule), group_(std::make_unique<coil::join>(rule)), children_(std::move(children)), all_detached_(all_detached) {}
    forked(forked&&) = default;
    ~forked() {
        for (auto f : frames_) f.destroy();
    }

    void attach(coil::branch& b) noexcept { line_ = &b; }
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        const auto count = static_cast<std::uint32_t>(children_.size());
        slots_.reset(new coil::fork_slot[count]);
        for (std::uint32_t i = 0; i != count; ++i) {
            frames_.push_back(children_[i].release());
            slots_[i].handle = frames_.back();
        }
        return coil::transfer(group_->fork(slots_.get(), count, *line_, h, all_detached_));
    }
    fork_end await_resume() {
        group_->close();
        fork_end end;
        for (auto f : frames_) {
            child_end c{f.promise().how(), 0, f.promise().thrown()};
            if (c.how == coil::promise_base::outcome::value) c.value = f.promise().take();
            end.children.push_back(std::move(c));
        }
        if (group_->first()) {
            int& first = rule_ == coil::join::rule::any ? end.winner : end.first_error;
            first = static_cast<int>(group_->first() - slots_.get());
        }
        for (auto f : std::exchange(frames_, {})) f.destroy();
        return end;
    }

private:
    coil::join::rule rule_;
    std::unique_ptr<coil::join> group_;
    std::vector<coil::task<int>> children_;
    std::vector<std::coroutine_handle<coil::promise<int>>> frames_;
    std::unique_ptr<coil::fork_slot[]> slots_;
    coil::branch* line_ = nullptr;
    bool all_detached_;
};

template <class... T>
std::vector<coil::task<int>> children(T&&... t) {
    std::vector<coil::task<int>> all;
    (all.push_back(std::forward<T>(t)), ...);
    return all;
}

/// Is a lane whose entries are all published at once, under a lock.
class open_lane final : public coil::lane {
public:
    open_lane() : entries_(new std::atomic<coil::fork_slot*>[capacity]) { ring_ = entries_.get(); }

    /// Takes the oldest. Threads: any.
    coil::fork_slot* steal() noexcept {
        std::scoped_lock guard(lock_);
        if (published_.empty()) return nullptr;
        coil::fork_slot* s = published_.front();
        published_.pop_front();
        ++stolen_;
        return s;
    }
    /// Takes the youngest. Owner only.
    coil::fork_slot* pop() noexcept {
        std::scoped_lock guard(lock_);
        if (published_.empty()) return nullptr;
        coil::fork_slot* s = published_.back();
        published_.pop_back();
        return s;
    }
    std::size_t size() const noexcept {
        std::scoped_lock guard(lock_);
        return published_.size();
    }
    int stolen() const noexcept {
        std::scoped_lock guard(lock_);
        return stolen_;
    }

private:
    // the limit stays 0: every push comes here, and leaves nothing private
    void attend() noexcept override {
        std::scoped_lock guard(lock_);
        for (; split_ != bottom_; ++split_) published_.push_back(entry(split_).load(std::memory_order_relaxed));
    }
    bool take_public(coil::fork_slot& s) noexcept override {
        std::scoped_lock guard(lock_);
        if (published_.empty() || published_.back() != &s) return false;
        published_.pop_back();
        return true;
    }
    std::unique_ptr<std::atomic<coil::fork_slot*>[]> entries_;
    mutable std::mutex lock_;
    std::deque<coil::fork_slot*> published_;
    int stolen_ = 0;
};

/// Is a small pool: threads that take posted nodes, their own forked children, and each other's.
class crew final : public coil::executor {
public:
    explicit crew(std::size_t threads) : executor(true), lanes_(threads) {
        for (std::size_t i = 0; i != threads; ++i) threads_.emplace_back([this, i] { work(i); });
    }
    ~crew() {
        stopping_ = true;
        for (std::thread& t : threads_) t.join();
    }

    void post(coil::node& n) noexcept override {
        std::scoped_lock guard(lock_);
        posted_.push_back(n);
    }
    void post(coil::node_list&& batch) noexcept override {
        std::scoped_lock guard(lock_);
        posted_.append(std::move(batch));
    }
    void arm(coil::timer_ref) noexcept override {}
    bool disarm(coil::timer_ref) noexcept override { return true; }
    coil::time_point now() noexcept override { return {}; }
    bool wants_turn() noexcept override {
        std::scoped_lock guard(lock_);
        return !posted_.empty();
    }
    int stolen() const noexcept {
        int sum = 0;
        for (const open_lane& l : lanes_) sum += l.stolen();
        return sum;
    }

private:
    void work(std::size_t own) {
        coil::this_thread.here = this;
        coil::this_thread.forks = &lanes_[own];
        while (!stopping_) {
            if (coil::fork_slot* s = lanes_[own].pop()) {
                coil::resume(coil::join::begin_detached(*s));
                continue;
            }
            coil::node* n = nullptr;
            {
                std::scoped_lock guard(lock_);
                n = posted_.pop_front();
            }
            if (n) {
                coil::run_node(*n);
                continue;
            }
            bool found = false;
            for (std::size_t i = 0; i != lanes_.size() && !found; ++i) {
                if (i == own) continue;
                if (coil::fork_slot* s = lanes_[i].steal()) {
                    found = true;
                    coil::resume(coil::join::begin_detached(*s));
                }
            }
            if (!found) std::this_thread::yield();
        }
        coil::this_thread.here = nullptr;
        coil::this_thread.forks = nullptr;
    }
    std::mutex lock_;
    coil::node_list posted_;
    std::deque<open_lane> lanes_;
    std::vector<std::thread> threads_;
    std::atomic<bool> stopping_{false};
};
