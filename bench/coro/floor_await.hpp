// SPDX-License-Identifier: BSL-1.0
// The least task that can be awaited: a continuation and a value. No exceptions, no context, no limit on the stack.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include "frame_list.hpp"

namespace floor_of {

template <class T>
class [[nodiscard]]
#ifdef __clang__
[[clang::coro_only_destroy_when_complete]]
#endif
bare_task {
public:
    struct promise_type : recycled {
        std::coroutine_handle<> continuation;
        T value;

        struct final_awaiter {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                return h.promise().continuation;
            }
            void await_resume() noexcept {}
        };

        bare_task get_return_object() { return bare_task(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept { return {}; }
        final_awaiter final_suspend() noexcept { return {}; }
        void return_value(T v) { value = std::move(v); }
        void unhandled_exception() { std::terminate(); }
    };

    bare_task(bare_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    ~bare_task() {
        if (frame_) frame_.destroy();
    }

    struct awaiter {
        std::coroutine_handle<promise_type> child;
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
            child.promise().continuation = parent;
            return child;
        }
        T await_resume() { return std::move(child.promise().value); }
    };
    awaiter operator co_await() && noexcept {
        return {frame_};
    }

    /// Runs the task, and all that it awaits, to its end.
    T run() {
        frame_.promise().continuation = std::noop_coroutine();
        frame_.resume();
        return std::move(frame_.promise().value);
    }

    std::coroutine_handle<promise_type> frame() const {
        return frame_;
    }

private:
    explicit bare_task(std::coroutine_handle<promise_type> h) : frame_(h) {}
    std::coroutine_handle<promise_type> frame_;
};

}  // namespace floor_of
