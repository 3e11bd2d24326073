// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/bridge.hpp>
#include <coil/runtime/coro/promise.hpp>

#include <coroutine>
#include <utility>

namespace coil {

/// Is a lazy coroutine: it does nothing until it is awaited, once, and then runs as part of the awaiting branch.
/// Shape: T may be void, a reference, or a move-only type.
/// Completes: when its body ends; the awaiting coroutine goes on at its home.
/// Errors: what the body throws is thrown by the await; awaiting it twice, or an empty one, throws `std::logic_error`.
/// Cancel: awaiting a task is itself no check; the awaits inside are.
/// Threads: a task that has not begun may be handed to another thread.
/// Lifetime: a task that is never awaited destroys its arguments and nothing else.
/// Cost: one recycled frame, no lock, no atomic.
template <class T = void>
class [[nodiscard("a task does nothing until it is awaited")]] task {
public:
    using promise_type = promise<T>;
    using value_type = T;
    using handle_type = std::coroutine_handle<promise_type>;

    task() noexcept = default;
    explicit task(handle_type h) noexcept : frame_(h) {}
    task(task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    task& operator=(task&& other) noexcept {
        if (this != &other) {
            if (frame_) frame_.destroy();
            frame_ = std::exchange(other.frame_, nullptr);
        }
        return *this;
    }
    ~task() {
        if (frame_) [[unlikely]]
            frame_.destroy();
    }

    /// True unless it was awaited, spawned or moved from.
    explicit operator bool() const noexcept { return static_cast<bool>(frame_); }
    /// Gives the frame away, for those who run tasks.
    handle_type release() noexcept { return std::exchange(frame_, nullptr); }

private:
    handle_type frame_{};
};

template <class T>
auto promise<T>::get_return_object() noexcept {
    return task<T>(std::coroutine_handle<promise>::from_promise(*this));
}
template <class T>
auto promise<T&>::get_return_object() noexcept {
    return task<T&>(std::coroutine_handle<promise>::from_promise(*this));
}
inline auto promise<void>::get_return_object() noexcept {
    return task<void>(std::coroutine_handle<promise>::from_promise(*this));
}

/// Awaits a task: runs its frame on the awaiting branch and frees it with the result taken.
template <class T>
class task_await {
public:
    task_await(task<T>&& t, place where) : frame_(t.release()) {
        if (!frame_) [[unlikely]]
            misuse("this task was awaited, spawned or moved from before", where);
    }
    task_await(task_await&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    ~task_await() {
        if (frame_) [[unlikely]]
            frame_.destroy();
    }

    void attach(branch& b) noexcept { frame_.promise().run_in(b); }
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) noexcept {
        frame_.promise().continue_with(awaiting);
        return transfer(frame_);
    }
    T await_resume() {
        const dying dead{std::exchange(frame_, nullptr)};
        return dead.frame.promise().take();
    }

private:
    struct dying {
        std::coroutine_handle<promise<T>> frame;
        ~dying() { frame.destroy(); }
    };
    std::coroutine_handle<promise<T>> frame_;
};

}  // namespace coil
