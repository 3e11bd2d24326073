// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/promise.hpp>

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

namespace coil {

/// Yields a sequence whose body may await: `while (auto v = co_await g.next())`.
/// Completes: `next` with a value, or with an empty optional once the body has ended, and ever after.
/// Errors: what the body throws comes out of the `next` that ran into it; the sequence is over then.
/// Cancel: the body runs as part of the branch that calls `next`; its awaits are stopped with it.
/// Threads: one `next` at a time (a second throws `std::logic_error`), from any branch.
/// Lifetime: destroying it between two `next` runs the destructors of the body's locals.
template <class T>
class [[nodiscard]] async_generator {
    static_assert(alignof(T) <= 16, "coil: what a generator yields may be aligned to 16 bytes at most");

public:
    class promise_type : public promise_base {
    public:
        async_generator get_return_object() noexcept {
            return async_generator(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        struct to_consumer {
            bool await_ready() const noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) const noexcept {
                return transfer(h.promise().awaited_by());
            }
            void await_resume() const noexcept {}
        };
        template <class U = T>
            requires std::is_constructible_v<T, U&&>
        to_consumer yield_value(U&& u) {
            value_.emplace(std::forward<U>(u));
            return {};
        }
        void return_void() noexcept { ended_with_value(); }

    private:
        friend async_generator;
        std::optional<T> value_;
        bool running_ = false;
    };

    async_generator(async_generator&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    async_generator& operator=(async_generator&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~async_generator() {
        if (frame_) frame_.destroy();
    }

    class [[nodiscard]] next_await {
    public:
        next_await(std::coroutine_handle<promise_type> frame, place where) : frame_(frame), where_(where) {
            if (!frame_) misuse("next() of an async_generator that was moved from", where);
        }
        void attach(branch& b) noexcept { branch_ = &b; }
        bool await_ready() const {
            // not when it is made: two may be made before either is awaited
            if (frame_.promise().running_) [[unlikely]] misuse("a second next() while one is awaited", where_);
            return frame_.done();
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
            promise_type& p = frame_.promise();
            p.running_ = true;
            p.value_.reset();
            p.run_in(*branch_);
            p.continue_with(awaiting);
            return transfer(frame_);
        }
        std::optional<T> await_resume() {
            promise_type& p = frame_.promise();
            p.running_ = false;
            if (frame_.done()) {
                if (p.thrown()) std::rethrow_exception(p.take_thrown());
                return std::nullopt;
            }
            return std::exchange(p.value_, std::nullopt);
        }

    private:
        std::coroutine_handle<promise_type> frame_;
        branch* branch_ = nullptr;
        place where_;
    };

    /// Runs the body to its next value.
    next_await next(place where = place::current()) { return next_await(frame_, where); }

private:
    explicit async_generator(std::coroutine_handle<promise_type> h) noexcept : frame_(h) {}
    std::coroutine_handle<promise_type> frame_;
};

}  // namespace coil
