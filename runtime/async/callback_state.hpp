// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/wait.hpp>

#include <atomic>
#include <cstdint>
#include <exception>
#include <utility>

namespace coil {

/// Is where a resolver and the await of `from_callback` meet; it lives as long as either.
///
///     meeting_: 0: nobody is there yet | abandoned: the await was stopped | resolved | else the wait, suspended
///
/// The value is written before `resolved` is (release) and read after (acquire). Whoever takes the wait out, a resolver
/// or a stop, is the one who ends it.
class callback_state {
public:
    callback_state(const callback_state&) = delete;
    callback_state& operator=(const callback_state&) = delete;

    /// Wins the right to resolve; at most one call returns true, none after the await was stopped.
    bool begin_resolve() noexcept {
        if (meeting_.load(std::memory_order_relaxed) == abandoned) return false;
        return !taken_.exchange(true, std::memory_order_relaxed);
    }
    /// Publishes what was written since, and makes the await ready if it waits.
    void end_resolve() noexcept;
    void fail(std::exception_ptr e) noexcept {
        error_ = std::move(e);
        end_resolve();
    }

    bool is_resolved() const noexcept { return meeting_.load(std::memory_order_acquire) == resolved; }
    /// Registers the suspended await; false if it is resolved.
    bool set_waiting(wait& w) noexcept;
    /// Takes the await back; false if it is being resolved.
    bool abandon(wait& w) noexcept;
    /// The await ends without ever having suspended.
    void abandon() noexcept;
    /// Leaves nothing here: the one that waits frees the exception, and no thread that still holds this.
    void rethrow_error() {
        if (error_) std::rethrow_exception(std::move(error_));
    }

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop() noexcept {
        if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
    }
    void add_resolver() noexcept {
        add_reference();
        resolvers_.fetch_add(1, std::memory_order_relaxed);
    }
    /// The last one that goes without having resolved breaks the promise.
    void drop_resolver() noexcept;

protected:
    callback_state() noexcept = default;
    virtual ~callback_state() = default;

private:
    static constexpr std::uintptr_t abandoned = 1, resolved = 2;
    std::atomic<std::uintptr_t> meeting_{0};
    std::atomic<bool> taken_{false};
    std::atomic<std::uint32_t> references_{1};
    std::atomic<std::uint32_t> resolvers_{0};
    std::exception_ptr error_;
};

/// Is the suspension of `from_callback`.
class callback_wait : public wait {
public:
    callback_wait() noexcept : wait(table) {}
    callback_wait(callback_wait&& other) noexcept : wait(std::move(other)) {}
    ~callback_wait() {
        if (state_) state_->drop();
    }

    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return enter(h, [this] { return state_->set_waiting(*this); }) ? std::noop_coroutine() : h;
    }

protected:
    callback_state* state_ = nullptr;  // made when the await begins

private:
    static bool stop(wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;
};

}  // namespace coil
