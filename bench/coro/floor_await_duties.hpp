// SPDX-License-Identifier: BSL-1.0
// The least task with the duties that a runtime's task has: a slot for an exception, one pointer inherited from the
// awaiting task, one place stored per await, and a count of transfers, so that the stack stays bounded in builds whose
// compiler makes no tail call of a transfer.
#pragma once

#include <coroutine>
#include <exception>
#include <source_location>
#include <utility>

#include "frame_list.hpp"

namespace floor_of {

struct transfer_state {
    unsigned count = 0;
    std::coroutine_handle<> left{};  // what a transfer past the limit leaves for the resumer
};
inline constinit thread_local transfer_state transfers{};

inline std::coroutine_handle<> transfer(std::coroutine_handle<> next) noexcept {
    if ((++transfers.count & 63U) != 0) [[likely]]
        return next;
    transfers.left = next;
    return std::noop_coroutine();
}

inline void resume(std::coroutine_handle<> h) {
    h.resume();
    while (transfers.left)
        std::exchange(transfers.left, nullptr).resume();
}

struct duties_promise_base : recycled {
    std::coroutine_handle<> continuation;
    void* context = nullptr;
    std::source_location place{};
    std::exception_ptr error;
};

template <class T>
class [[nodiscard]]
#ifdef __clang__
[[clang::coro_only_destroy_when_complete]]
#endif
duties_task {
public:
    struct promise_type;

    struct awaiter {
        std::coroutine_handle<promise_type> child;
        explicit awaiter(std::coroutine_handle<promise_type> h) : child(h) {}
        bool await_ready() noexcept { return false; }
        template <class Parent>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Parent> parent) noexcept {
            promise_type& p = child.promise();
            p.continuation = parent;
            p.context = parent.promise().context;
            return transfer(child);
        }
        T await_resume() {
            promise_type& p = child.promise();
            if (p.error) [[unlikely]]
                std::rethrow_exception(std::move(p.error));
            return std::move(p.value);
        }
    };

    struct promise_type : duties_promise_base {
        T value;

        struct final_awaiter {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                return transfer(h.promise().continuation);
            }
            void await_resume() noexcept {}
        };

        duties_task get_return_object() {
            return duties_task(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        final_awaiter final_suspend() noexcept { return {}; }
        void return_value(T v) { value = std::move(v); }
        void unhandled_exception() { error = std::current_exception(); }

        template <class U>
        auto await_transform(duties_task<U>&& task,
                             std::source_location where = std::source_location::current()) noexcept {
            place = where;
            return typename duties_task<U>::awaiter(task.frame());
        }
    };

    duties_task(duties_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    ~duties_task() {
        if (frame_) frame_.destroy();
    }

    T run() {
        promise_type& p = frame_.promise();
        p.continuation = std::noop_coroutine();
        resume(frame_);
        if (p.error) std::rethrow_exception(p.error);
        return std::move(p.value);
    }

    std::coroutine_handle<promise_type> frame() const {
        return frame_;
    }

private:
    explicit duties_task(std::coroutine_handle<promise_type> h) : frame_(h) {}
    std::coroutine_handle<promise_type> frame_;
};

}  // namespace floor_of
