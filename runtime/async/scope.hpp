// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/bracket.hpp>
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/async/scope_tasks.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coil {

/// Is the handle of a scope's task: it may be dropped without a word, since the scope waits for the task.
template <class T>
class scope_handle : public join_handle<T> {
public:
    scope_handle() noexcept = default;
    explicit scope_handle(join_handle<T> h) noexcept : join_handle<T>(std::move(h)) {}
};

/// Owns tasks: none of them outlives it. `with_scope` makes one for a block; as a member it is closed by hand.
/// Errors: the first failure in time stops the others and is thrown by `join` or `close`, once; a later one waits in its
/// handle, and goes to the log hook when that is dropped.
/// Threads: `spawn`, `cancel` and `size` from any; one at a time joins or closes.
/// Lifetime: destroying it while a task still runs ends the process, as with `std::thread`.
/// Cost: one allocation for the scope; a spawn costs what `coil::spawn` costs.
class scope {
public:
    scope() : tasks_(new scope_tasks) {}
    scope(const scope&) = delete;
    scope& operator=(const scope&) = delete;
    ~scope();

    /// Starts a task (or any awaitable) in the scope, as `coil::spawn` does in the run. In a scope that was cancelled or
    /// closed, or in which a task has failed, it is stopped before its first step.
    template <to_be_awaited A>
    auto spawn(A&& a, spawn_options options = {}, place where = place::current()) {
        tasks_->in_run_of(this_thread.current);
        return scope_handle(spawn_task(as_task(std::forward<A>(a)), options, where, nullptr, tasks_));
    }
    /// The same, at home on another executor.
    template <to_be_awaited A>
    auto spawn_on(executor& home, A&& a, spawn_options options = {}, place where = place::current()) {
        tasks_->in_run_of(this_thread.current);
        return scope_handle(spawn_task(as_task(std::forward<A>(a)), options, where, &home, tasks_));
    }

    /// Stops every task of the scope, now and to come; it does not stop the block of `with_scope`.
    void cancel(std::string_view reason = "its scope was cancelled") noexcept { tasks_->stop(reason); }
    /// How many tasks have not ended, daemons included.
    std::size_t size() const noexcept { return tasks_->tasks() + tasks_->daemons(); }

    /// Waits until every task has ended; daemons are stopped once the others have.
    /// Errors: the first failure. Cancel: a stop is passed on to the tasks, their end is waited for all the same, and
    /// then `cancelled` is thrown.
    task<> join(place where = place::current());
    /// Stops every task and waits until they have ended. Errors: the first failure.
    /// Cancel: none: it is shielded, and can be awaited in a task that is stopped.
    task<> close(place where = place::current());

private:
    template <class T, class F>
    friend task<T> run_scope(F f, place where);

    class body {
    public:
        explicit body(scope_tasks& t) noexcept : tasks_(&t) {}
        void open(branch& b) noexcept { tasks_->open_body(b); }
        void close() noexcept { tasks_->close_body(); }

    private:
        scope_tasks* tasks_;
    };
    template <attachable Inner>
    class body_await : public bracket<Inner, body> {
    public:
        body_await(Inner&& inner, scope_tasks& t) : bracket<Inner, body>(std::move(inner), t) {}
        body_await(body_await&&) = default;
        decltype(auto) await_resume() {
            const typename bracket<Inner, body>::closing close(*this);
            return this->inner_.await_resume();
        }
    };
    template <class A>
    auto run_body(A&& a, place where) {
        return body_await<awaiter_of<A>>(as_awaiter(std::forward<A>(a), where), *tasks_);
    }
    /// What comes after the block: waits, and throws what there is to throw.
    task<> end_body(std::exception_ptr thrown, place where);

    scope_tasks* tasks_;
};

template <class T, class F>
task<T> run_scope(F f, place where) {
    scope s;
    std::optional<kept_value<T>> value;
    std::exception_ptr thrown;
    try {
        if constexpr (std::is_void_v<T>) co_await s.run_body(std::invoke(f, s), where);
        else value.emplace(co_await s.run_body(std::invoke(f, s), where));
    } catch (...) {
        thrown = std::current_exception();
    }
    co_await s.end_body(std::move(thrown), where);
    if constexpr (std::is_lvalue_reference_v<T>) co_return value->get();
    else if constexpr (!std::is_void_v<T>) co_return std::move(*value);
}

/// Runs f(scope&), whose tasks it waits for: none of them outlives the block.
/// Completes: when the block and every task have ended, with the block's value.
/// Errors: the first failure in time, of the block or of a task, stops the others, the block too, and is thrown.
/// Cancel: a stop reaches the block and every task; they are waited for, and `cancelled` travels on.
/// Lifetime: tasks may refer to whatever outlives the call. Cost: two recycled frames and one allocation.
template <class F>
auto with_scope(F&& f, place where = place::current()) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    using returned = std::invoke_result_t<std::remove_reference_t<F>&, scope&>;
    static_assert(awaitable<returned>, "coil::with_scope: f(scope&) returns a task, or something else to await");
    using value = typename task_of<returned>::value_type;
    return run_scope<value, F>(std::forward<F>(f), where);
}

}  // namespace coil
