// SPDX-License-Identifier: BSL-1.0
// The least task that can be spawned and joined: its own frame is its record and its place on the ready list.
// No name, no context, no exceptions, no stop.
#pragma once

#include <coroutine>
#include <exception>
#include <utility>

#include "../coro/frame_list.hpp"
#include "../sched/floor_ready.hpp"

namespace floor_of {

template <class T>
class [[nodiscard]] spawned {
public:
    struct promise_type : recycled {
        ready_node node{};
        std::coroutine_handle<> joiner{};
        T value{};

        struct final_awaiter {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                if (h.promise().joiner) return h.promise().joiner;
                return ready.pop();
            }
            void await_resume() noexcept {}
        };

        spawned get_return_object() { return spawned(std::coroutine_handle<promise_type>::from_promise(*this)); }
        std::suspend_always initial_suspend() noexcept {
            node.frame = std::coroutine_handle<promise_type>::from_promise(*this);
            ready.push(node);
            return {};
        }
        final_awaiter final_suspend() noexcept { return {}; }
        void return_value(T v) { value = std::move(v); }
        void unhandled_exception() { std::terminate(); }
    };

    spawned(spawned&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    ~spawned() {
        if (frame_) frame_.destroy();
    }

    bool await_ready() const noexcept { return frame_.done(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        frame_.promise().joiner = h;
        return ready.pop();
    }
    T await_resume() { return std::move(frame_.promise().value); }

    /// Runs the loop until this task has ended.
    T run() {
        while (!frame_.done())
            ready.pop().resume();
        return std::move(frame_.promise().value);
    }

private:
    explicit spawned(std::coroutine_handle<promise_type> h) : frame_(h) {}
    std::coroutine_handle<promise_type> frame_;
};

}  // namespace floor_of
