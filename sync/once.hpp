// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/sync/mutex.hpp>

#include <atomic>
#include <functional>
#include <optional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace coil {

/// Calls a function once, however many ask; who comes while it runs waits for it.
/// Completes: when the function has been called, by whomever. Errors: what it throws goes to the one who called it, and
/// the next who asks tries again; `errc::resource_deadlock_would_occur` if it asks for itself.
/// Cancel: the call is stopped as what it awaits, and has then not happened; one who waits leaves.
/// Threads: any, mixed. Cost: one load once it has been called; before, a recycled frame.
class once {
public:
    once() noexcept = default;

    /// Is the awaiter of `call`.
    template <class F>
    class [[nodiscard("co_await it")]] call_wait {
        using function = std::conditional_t<std::is_lvalue_reference_v<F>, F, std::remove_cvref_t<F>>;

    public:
        call_wait(once& o, F&& f, place where) : once_(&o), function_(std::forward<F>(f)), where_(where) {}
        call_wait(call_wait&& other)
            : once_(other.once_), function_(std::forward<function>(other.function_)), where_(other.where_) {}

        void attach(branch& b) noexcept { branch_ = &b; }
        bool await_ready() noexcept {
            stopped_ = branch_->root->stopping.load(std::memory_order_relaxed) != 0 &&
                       region::reaches(branch_->innermost);
            return stopped_ || once_->done();
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
            task_.emplace(once_->run(function_, where_), where_);
            task_->attach(*branch_);
            return task_->await_suspend(h);
        }
        void await_resume() {
            if (stopped_) throw cancelled();
            if (task_) task_->await_resume();
        }

    private:
        once* once_;
        function function_;
        place where_;
        branch* branch_ = nullptr;
        bool stopped_ = false;
        std::optional<task_await<void>> task_;
    };

    /// Calls `f`, or waits until somebody else's call has ended well. `f` is plain or returns a task.
    template <class F>
        requires std::is_invocable_v<std::remove_reference_t<F>&>
    call_wait<F> call(F&& f, place where = place::current()) {
        COIL_REFUSE_OWNING_CLOSURE(F);
        return {*this, std::forward<F>(f), where};
    }
    /// Does so as a plain thread; `f` is plain.
    template <class F>
        requires std::is_void_v<std::invoke_result_t<F&>>
    void call_blocking(F&& f, place where = place::current()) {
        if (done()) return;
        refuse_itself(where);
        const mutex::guard turn = turn_.lock_blocking(where);
        if (done()) return;
        std::invoke(f);
        done_.store(true, std::memory_order_release);
    }
    /// Tells whether a call has ended well.
    bool done() const noexcept { return done_.load(std::memory_order_acquire); }

private:
    void refuse_itself(place where) const {
        if (turn_.holder() == this_holder()) [[unlikely]]
            misuse(std::errc::resource_deadlock_would_occur,
                   "what is called once asks for itself, and would wait for itself for ever", where);
    }
    template <class F>
    task<> run(F& f, place where) {
        refuse_itself(where);
        const mutex::guard turn = co_await turn_.lock(where);
        if (done()) co_return;
        using result = std::invoke_result_t<F&>;
        if constexpr (awaitable<result>) {
            co_await std::invoke(f);
        } else {
            static_cast<void>(std::invoke(f));
        }
        // release: what it did is seen by all who find it done
        done_.store(true, std::memory_order_release);
    }

    atomic_word<bool> done_{false};
    mutex turn_;
};

}  // namespace coil
