// SPDX-License-Identifier: BSL-1.0
// Waits written after the protocol in <coil/runtime/coro/wait.hpp>, one of each kind that there is.
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/region.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <atomic>
#include <coroutine>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

/// Lets those pass who wait when it opens; each opening serves those who wait then. A stop may come on any thread: the
/// source has a lock.
class gate {
public:
    class [[nodiscard]] passage final : public coil::wait {
    public:
        static constexpr bool selectable = true;
        explicit passage(gate& g) noexcept : coil::wait(table), gate_(&g) {}
        bool await_ready() noexcept { return refused(); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            const bool suspended = enter(h, [this] {
                std::scoped_lock guard(gate_->lock_);
                if (gate_->closed_) return false;
                gate_->line_.push_back(this);
                return true;
            });
            return suspended ? std::noop_coroutine() : coil::transfer(h);
        }
        int await_resume() {
            finish();
            return gate_->opened_;
        }

    private:
        static bool stop(coil::wait& w) noexcept {
            auto& self = static_cast<passage&>(w);
            std::scoped_lock guard(self.gate_->lock_);
            self.gate_->stops_asked_.fetch_add(1);
            return std::erase(self.gate_->line_, &self) != 0;
        }
        static void describe(const coil::wait&, std::string& text) { text += "gate"; }
        static constexpr coil::wait_table table{&stop, nullptr, &describe};
        gate* gate_;
        friend gate;
    };
    passage pass() noexcept { return passage(*this); }

    /// Lets all who wait pass; returns how many.
    std::size_t open() noexcept {
        std::vector<passage*> passing;
        {
            std::scoped_lock guard(lock_);
            passing.swap(line_);
            ++opened_;
            for (passage* p : passing) p->claim(coil::wait::claim_state::taken);
        }
        for (passage* p : passing) p->make_ready();
        return passing.size();
    }
    /// The first who waits takes what a choice offers, and is not let pass yet.
    void take_only() noexcept {
        std::scoped_lock guard(lock_);
        if (!line_.empty()) (void)line_.front()->takes();
    }
    /// From here on nobody waits: the source has ended the matter.
    void close() noexcept {
        std::scoped_lock guard(lock_);
        closed_ = true;
    }
    std::size_t waiting() noexcept {
        std::scoped_lock guard(lock_);
        return line_.size();
    }
    int stops_asked() const noexcept { return stops_asked_.load(); }

private:
    coil::spin_lock lock_;
    std::vector<passage*> line_;
    std::atomic<int> opened_{0};  // who passes may read it while it is opened again
    bool closed_ = false;
    std::atomic<int> stops_asked_{0};
};

/// Is a source without a lock: all that happens to it happens on the thread of one executor.
class home_gate {
public:
    explicit home_gate(coil::executor& e) noexcept : where_(&e) {}

    class [[nodiscard]] passage final : public coil::wait {
    public:
        static constexpr bool selectable = true;
        explicit passage(home_gate& g) noexcept : coil::wait(table), gate_(&g) {}
        bool await_ready() noexcept { return refused(); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            const bool suspended = enter(h, [this] {
                gate_->line_.push_back(this);
                return true;
            });
            return suspended ? std::noop_coroutine() : coil::transfer(h);
        }
        void await_resume() { finish(); }

    private:
        static bool stop(coil::wait& w) noexcept {
            auto& self = static_cast<passage&>(w);
            self.gate_->stopped_on_.push_back(coil::this_thread.here);
            return std::erase(self.gate_->line_, &self) != 0;
        }
        static coil::executor* where(const coil::wait& w) noexcept {
            return static_cast<const passage&>(w).gate_->where_;
        }
        static void describe(const coil::wait&, std::string& text) { text += "home gate"; }
        static constexpr coil::wait_table table{&stop, &where, &describe};
        home_gate* gate_;
        friend home_gate;
    };
    passage pass() noexcept { return passage(*this); }
    void open() noexcept {
        for (passage* p : std::exchange(line_, {})) p->make_ready();
    }
    std::size_t waiting() const noexcept { return line_.size(); }
    /// On which executors `stop` was called, in order.
    const std::vector<coil::executor*>& stopped_on() const noexcept { return stopped_on_; }

private:
    coil::executor* where_;
    std::vector<passage*> line_;
    std::vector<coil::executor*> stopped_on_;
};

/// Is a source as the kernel is: a stop only asks, and the wait ends when the source says so, with or without a result.
class slow_source {
public:
    explicit slow_source(coil::executor* where = nullptr) noexcept : where_(where) {}

    class [[nodiscard]] operation final : public coil::wait {
    public:
        static constexpr bool selectable = true;
        explicit operation(slow_source& s) noexcept : coil::wait(table), source_(&s) {}
        bool await_ready() noexcept { return refused(); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            const bool suspended = enter(h, [this] {
                source_->running_ = this;
                return true;
            });
            return suspended ? std::noop_coroutine() : coil::transfer(h);
        }
        int await_resume() {
            finish();
            return result_;
        }

    private:
        static bool stop(coil::wait& w) noexcept {
            static_cast<operation&>(w).source_->asked_.fetch_add(1);
            return false;
        }
        static coil::executor* where(const coil::wait& w) noexcept {
            return static_cast<const operation&>(w).source_->where_;
        }
        static void describe(const coil::wait&, std::string& text) { text += "slow source"; }
        static constexpr coil::wait_table table{&stop, &where, &describe};
        slow_source* source_;
        int result_ = 0;
        friend slow_source;
    };
    operation begin() noexcept { return operation(*this); }

    /// Ends the operation with a result: it had been done before the stop came.
    void complete(int result) noexcept {
        operation* o = std::exchange(running_, nullptr);
        o->result_ = result;
        o->claim(coil::wait::claim_state::taken);
        o->make_ready();
    }
    /// Ends the operation as interrupted by the stop.
    void interrupted() noexcept {
        operation* o = std::exchange(running_, nullptr);
        o->claim(coil::wait::claim_state::stopped);
        o->make_ready();
    }
    bool running() const noexcept { return running_ != nullptr; }
    int asked() const noexcept { return asked_.load(); }

private:
    coil::executor* where_;
    operation* running_ = nullptr;
    std::atomic<int> asked_{0};
};

/// Moves the awaiting branch to another executor. The record must be shared if that is another thread's.
class [[nodiscard]] move_to final : public coil::wait {
public:
    explicit move_to(coil::executor& e) noexcept : coil::wait(table), to_(&e) {}
    bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        handle = h;
        owner()->home = to_;
        to_->post(*this);
        return std::noop_coroutine();
    }
    void await_resume() noexcept {}

private:
    static bool stop(coil::wait&) noexcept { return false; }
    static void describe(const coil::wait&, std::string& text) { text += "move"; }
    static constexpr coil::wait_table table{&stop, nullptr, &describe};
    coil::executor* to_;
};

/// Lets others run first.
class [[nodiscard]] step_back final : public coil::wait {
public:
    step_back() noexcept : coil::wait(table) {}
    bool await_ready() noexcept { return refused(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        handle = h;
        owner()->home->post(*this);
        return std::noop_coroutine();
    }
    void await_resume() { finish(); }

private:
    static bool stop(coil::wait&) noexcept { return false; }
    static void describe(const coil::wait&, std::string& text) { text += "step back"; }
    static constexpr coil::wait_table table{&stop, nullptr, &describe};
};

/// Is ready at once, and leaves the check for a stop to others.
class [[nodiscard]] ready_at_once final : public coil::wait {
public:
    static constexpr bool selectable = true;
    ready_at_once() noexcept : coil::wait(table) {}
    bool await_ready() noexcept {
        (void)refused();
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return coil::transfer(h); }
    void await_resume() { finish(); }

private:
    static bool stop(coil::wait&) noexcept { return false; }
    static void describe(const coil::wait&, std::string& text) { text += "nothing"; }
    static constexpr coil::wait_table table{&stop, nullptr, &describe};
};
