// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/branch.hpp>

#include <concepts>
#include <coroutine>
#include <functional>
#include <type_traits>
#include <utility>

namespace coil {

template <class T>
class task;
template <class T>
class task_await;
template <class A>
class bridge;

/// Is an awaiter of coil's: told its branch by `attach`, then awaited like any other. `await_suspend` returns the handle
/// to go on with.
template <class A>
concept attachable = requires(A& a, branch& b, std::coroutine_handle<> h) {
    a.attach(b);
    { a.await_ready() } -> std::convertible_to<bool>;
    { a.await_suspend(h) } -> std::convertible_to<std::coroutine_handle<>>;
    a.await_resume();
};

/// Yields such an awaiter by value from a member `into_awaiter()`: handles, scopes, ticks.
template <class A>
concept yields_awaiter = requires(A&& a, place where) {
    { std::forward<A>(a).into_awaiter(where) } -> attachable;
};

template <class T>
inline constexpr bool is_task = false;
template <class T>
inline constexpr bool is_task<task<T>> = true;

/// Holds a reference to an attachable awaiter and forwards the calls: g++ 12 would move or copy the awaiter if
/// `await_transform` returned a reference to it.
template <attachable A>
class await_ref {
public:
    explicit await_ref(A& a) noexcept : awaiter_(&a) {}
    void attach(branch& b) noexcept { awaiter_->attach(b); }
    bool await_ready() noexcept(noexcept(awaiter_->await_ready())) { return awaiter_->await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return awaiter_->await_suspend(h); }
    decltype(auto) await_resume() { return awaiter_->await_resume(); }
    auto await_result()
        requires requires(A& a) { a.await_result(); }
    {
        return awaiter_->await_result();
    }

private:
    A* awaiter_;
};

template <class A>
concept foreign_awaiter = requires(A& a, std::coroutine_handle<> h) {
    { a.await_ready() } -> std::convertible_to<bool>;
    a.await_suspend(h);
    a.await_resume();
};
template <class A>
concept foreign_awaitable = foreign_awaiter<std::remove_reference_t<A>> ||
                            requires(A&& a) { std::forward<A>(a).operator co_await(); } ||
                            requires(A&& a) { operator co_await(std::forward<A>(a)); };

/// Is anything that a task can await.
template <class A>
concept awaitable = is_task<std::remove_cvref_t<A>> || attachable<std::remove_cvref_t<A>> || yields_awaiter<A> ||
                    foreign_awaitable<A>;

/// Is a function that makes something to await, and not that itself.
template <class F>
concept makes_awaitable = !awaitable<F> && std::invocable<std::remove_reference_t<F>&> &&
                          awaitable<std::invoke_result_t<std::remove_reference_t<F>&>>;
/// Is what may stand where something to await is meant: with a function that makes it, it is said what is to be written.
template <class A>
concept to_be_awaited = awaitable<A> || makes_awaitable<A>;

/// Refuses, at compile time, a function that was not called.
#define COIL_REFUSE_UNCALLED(A)                                                                                        \
    static_assert(!::coil::makes_awaitable<A>,                                                                         \
                  "coil: this is a function that makes a task, not a task: call it, f() instead of f. A lambda that "   \
                  "captures has to outlive its task: give it a name first")

/// Stands for the awaiter of what has none, so that no more is said than that.
struct refused_awaiter {
    void attach(branch&) const noexcept {}
    bool await_ready() const noexcept { return true; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const noexcept { return h; }
    void await_resume() const noexcept {}
};

/// Turns an awaitable into an attachable awaiter that a combinator keeps by value.
template <class A>
auto as_awaiter(A&& a, place where = place::current()) {
    using bare = std::remove_cvref_t<A>;
    if constexpr (is_task<bare>) {
        static_assert(!std::is_lvalue_reference_v<A>, "coil: a task is awaited once: co_await std::move(task)");
        return task_await<typename bare::value_type>(std::forward<A>(a), where);
    } else if constexpr (attachable<bare>) {
        if constexpr (std::is_lvalue_reference_v<A>) return await_ref<bare>(a);
        else return bare(std::forward<A>(a));
    } else if constexpr (yields_awaiter<A>) {
        return std::forward<A>(a).into_awaiter(where);
    } else if constexpr (makes_awaitable<A>) {
        COIL_REFUSE_UNCALLED(A);
        return as_awaiter(std::invoke(a), where);  // so that no more than that is said
    } else if constexpr (foreign_awaitable<A>) {
        return bridge<A>(std::forward<A>(a));
    } else {
        static_assert(foreign_awaitable<A>, "coil: this cannot be awaited; of an object, what one of its functions returns "
                                            "may be: co_await m.lock()");
        return refused_awaiter();
    }
}

/// What `await_transform` returns: the same, but an awaiter in the co_await expression is used where it lies.
template <class A>
auto await_in(branch& b, A&& a, place where) {
    if constexpr (attachable<std::remove_cvref_t<A>>) {
        await_ref<std::remove_cvref_t<A>> ref(a);
        ref.attach(b);
        return ref;
    } else {
        auto awaiter = as_awaiter(std::forward<A>(a), where);
        awaiter.attach(b);
        return awaiter;
    }
}

template <class A>
using awaiter_of = decltype(as_awaiter(std::declval<A>()));
/// What awaiting an A yields.
template <class A>
using await_result_t = decltype(std::declval<awaiter_of<A>&>().await_resume());

}  // namespace coil
