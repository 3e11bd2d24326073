// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/async/offload.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <type_traits>
#include <utility>

namespace coil {

/// Is the awaiter of `on_pool(callable)`.
template <class F>
class [[nodiscard("co_await it")]] call_on_pool : public offload<F> {
public:
    call_on_pool(F&& f, thread_pool& p) : offload<F>(std::forward<F>(f)), pool_(&p) {}
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        // the callable looks at the branch from another thread
        if (!this->owner()->root->shared()) this->owner()->root->share();
        ++this_thread.away;
        return this->enter(h, [this] {
            pool_->post(this->call_);
            return true;
        }) ? std::noop_coroutine() : h;
    }
    auto await_resume() {
        if (this->handle) --this_thread.away;
        return this->take();
    }

private:
    thread_pool* pool_;
};

/// Sends a branch to another executor for as long as one task below it runs, and brings it home again.
class excursion : after_hook, node {
public:
    excursion() noexcept : after_hook{&home_again, &who_awaits} {}
    /// Returns whom to resume on this thread meanwhile.
    std::coroutine_handle<> start(executor& to, branch& b, promise_base& body, std::coroutine_handle<> frame,
                                  std::coroutine_handle<> awaiting) noexcept;

    /// Called at home.
    void ended() const noexcept {
        if (hopped_) --this_thread.away;
    }

private:
    static std::coroutine_handle<> home_again(after_hook& hook) noexcept;
    static std::coroutine_handle<> who_awaits(const after_hook& hook) noexcept;
    executor* home_ = nullptr;
    std::coroutine_handle<> awaiting_;
    bool hopped_ = false;
};

/// Is the awaiter of `on_pool(task)`.
template <class T>
class [[nodiscard("co_await it")]] task_on_pool {
public:
    task_on_pool(task<T>&& t, thread_pool& p) noexcept : task_(std::move(t)), pool_(&p) {}
    task_on_pool(task_on_pool&& other) noexcept : task_(std::move(other.task_)), pool_(other.pool_) {}

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready() noexcept {
        stopped_ = branch_->root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(branch_->innermost);
        return stopped_;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        frame_ = task_.release();
        return excursion_.start(*pool_, *branch_, frame_.promise(), frame_, h);
    }
    T await_resume() {
        if (stopped_) throw cancelled();
        excursion_.ended();
        task<T> ended(frame_);  // destroys the frame
        return frame_.promise().take();
    }

private:
    task<T> task_;
    thread_pool* pool_;
    branch* branch_ = nullptr;
    std::coroutine_handle<promise<T>> frame_{};
    excursion excursion_;
    bool stopped_ = false;
};

/// Runs a task, or any awaitable, on the pool and comes home again: everything below it has the pool for its home.
/// Completes: at home, with its value. Errors: what it throws. Cancel: reaches what it awaits.
/// Threads: from a loop, a strand or the pool itself (then it simply runs). Cost: two posts, no allocation of its own.
template <awaitable A>
auto on_pool(A&& a, thread_pool& p = pool(), place where = place::current()) {
    return [&p, where]<class T>(task<T>&& t) {
        if (!t) [[unlikely]] misuse("on_pool: this task was awaited, spawned or moved from before", where);
        return task_on_pool<T>(std::move(t), p);
    }(as_task(std::forward<A>(a)));
}

/// Calls f on the pool and comes home with what it returned; if f returns an awaitable, that is run there too.
/// Cancel: a call that nobody has begun is not made; one that has begun is waited for.
template <class F>
    requires(std::is_invocable_v<std::remove_reference_t<F>&> && !awaitable<F>)
auto on_pool(F&& f, thread_pool& p = pool(), place where = place::current()) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    if constexpr (awaitable<std::invoke_result_t<std::remove_reference_t<F>&>>) {
        return on_pool(call_and_await<F>(std::forward<F>(f)), p, where);
    } else {
        return call_on_pool<F>(std::forward<F>(f), p);
    }
}

}  // namespace coil
