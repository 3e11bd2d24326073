// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/offload.hpp>
#include <coil/runtime/sched/blocking_threads.hpp>

namespace coil {

/// Is the awaiter of `blocking(f)`.
template <class F>
class [[nodiscard("co_await it")]] blocking_await : public offload<F> {
public:
    explicit blocking_await(F&& f) : offload<F>(std::forward<F>(f)) {}
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) {
        return this->enter(h, [this] {
            try {
                blocking_pool().submit(this->call_);
                return true;
            } catch (...) {
                refused_ = std::current_exception();
                return false;
            }
        }) ? std::noop_coroutine() : h;
    }
    auto await_resume() {
        if (refused_) std::rethrow_exception(refused_);
        return this->take();
    }

private:
    std::exception_ptr refused_;
};

/// Calls f on a thread for blocking calls and waits for it without blocking the home.
/// Shape: threads of their own, at most 512; further calls wait in line. Completes: at home, with what f returned.
/// Errors: what f throws; `std::system_error` if no thread can be had.
/// Cancel: a call that has not begun is not made; one that has begun is waited for and its result kept; it may poll
/// `this_task::check_stop`. Cost: two hand-overs between threads.
template <class F>
    requires std::is_invocable_v<std::remove_reference_t<F>&>
blocking_await<F> blocking(F&& f) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    return blocking_await<F>(std::forward<F>(f));
}

}  // namespace coil
