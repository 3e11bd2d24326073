// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task.hpp>

#include <atomic>
#include <coroutine>
#include <exception>
#include <functional>
#include <type_traits>
#include <utility>

namespace coil {

/// The task type that awaiting an A amounts to: results by value, references kept as references.
template <class A>
using task_of = task<std::conditional_t<std::is_rvalue_reference_v<await_result_t<A>>,
                                        std::remove_cvref_t<await_result_t<A>>, await_result_t<A>>>;

/// Makes a task out of any awaitable: a task is passed on; an rvalue is moved into the frame, an lvalue referred to.
template <class A>
task_of<A> lift(A awaitable) {
    co_return co_await std::forward<A>(awaitable);
}

/// Calls f and awaits what it returned; an rvalue f lives in the frame until then.
template <class F>
task_of<std::invoke_result_t<std::remove_reference_t<F>&>> call_and_await(F f) {
    co_return co_await std::invoke(f);
}

/// A task is passed on, anything else lifted.
template <class A>
auto as_task(A&& a) {
    if constexpr (is_task<std::remove_cvref_t<A>>) {
        static_assert(!std::is_lvalue_reference_v<A>, "coil: a task is run once: pass std::move(task)");
        std::remove_cvref_t<A> t(std::forward<A>(a));
        // Several tasks beside each other are moved one by one: g++ would load them as a vector, and that waits until
        // what was just written word by word has reached the cache.
        std::atomic_signal_fence(std::memory_order_seq_cst);
        return t;
    } else if constexpr (makes_awaitable<A>) {
        COIL_REFUSE_UNCALLED(A);
        return as_task(std::invoke(a));  // so that no more than that is said
    } else {
        return lift<A>(std::forward<A>(a));
    }
}

/// Is awaited by a child that was to be an empty task: throws at the line where its parent awaits it.
class empty_child {
public:
    explicit empty_child() noexcept {}
    void attach(branch&) const noexcept {}
    bool await_ready() const noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> child) noexcept {
        parent_ = promise_base::of(child).above();
        return child;
    }
    [[noreturn]] void await_resume() const;

private:
    std::coroutine_handle<> parent_;
};
template <class T>
[[gnu::cold]] task<T> throwing_child() {
    co_await empty_child();
    std::terminate();  // not reached
}

/// As `as_task`, of what is run beside others: an empty task is one that fails.
template <class A>
auto as_child(A&& a) {
    auto t = as_task(std::forward<A>(a));
    if constexpr (is_task<std::remove_cvref_t<A>>)
        if (!t) [[unlikely]]
            t = throwing_child<typename decltype(t)::value_type>();
    return t;
}

}  // namespace coil
