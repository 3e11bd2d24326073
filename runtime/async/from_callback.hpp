// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/callback_state.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/closure.hpp>

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>

namespace coil {

/// Adds the value to the meeting point.
template <class T>
class callback_result final : public callback_state {
public:
    template <class... U>
    void emplace(U&&... u) {
        value_.emplace(std::forward<U>(u)...);
    }
    non_void<T>& value() noexcept { return *value_; }

private:
    std::optional<non_void<T>> value_;
};

/// Ends the await of `from_callback`, with a value or an error. Copies share it, and it can itself be the callback.
/// Shape: the first call that resolves counts and returns true; a later one, or one after the await was stopped, is
/// harmless and returns false. When the last copy goes unresolved, the await throws `std::future_error` (broken promise).
/// Threads: any. Cost: two atomic operations, and a post to the home of the one that waits.
template <class T>
class resolver {
public:
    explicit resolver(callback_result<T>& state) noexcept : state_(&state) { state_->add_resolver(); }
    resolver(const resolver& other) noexcept : state_(other.state_) {
        if (state_) state_->add_resolver();
    }
    resolver(resolver&& other) noexcept : state_(std::exchange(other.state_, nullptr)) {}
    resolver& operator=(resolver other) noexcept {
        std::swap(state_, other.state_);
        return *this;
    }
    ~resolver() {
        if (state_) state_->drop_resolver();
    }

    /// Resolves with a value made of the arguments; for void there are none. If making it throws, that is the error.
    template <class... U>
        requires(std::is_void_v<T> ? sizeof...(U) == 0 : std::is_constructible_v<non_void<T>, U && ...>)
    bool set_value(U&&... u) const noexcept {
        if (!state_ || !state_->begin_resolve()) return false;
        std::exception_ptr thrown;  // handed over once this thread has left the handler, and with it the exception
        try {
            state_->emplace(std::forward<U>(u)...);
        } catch (...) {
            thrown = std::current_exception();
        }
        if (thrown)
            state_->fail(std::move(thrown));
        else
            state_->end_resolve();
        return true;
    }
    template <class... U>
        requires(std::is_void_v<T> ? sizeof...(U) == 0 : std::is_constructible_v<non_void<T>, U && ...>)
    bool operator()(U&&... u) const noexcept {
        return set_value(std::forward<U>(u)...);
    }
    /// Resolves with an error: the await throws it.
    bool set_error(std::exception_ptr e) const noexcept {
        if (!state_ || !state_->begin_resolve()) return false;
        state_->fail(std::move(e));
        return true;
    }
    bool set_error(std::error_code code, const std::string& what = {}) const {
        return set_error(std::make_exception_ptr(std::system_error(code, what)));
    }

private:
    callback_result<T>* state_;
};

/// Is the awaiter of `from_callback`.
template <class T, class F>
class [[nodiscard("co_await it")]] callback_await : public callback_wait {
    using function = std::conditional_t<std::is_lvalue_reference_v<F>, F, std::remove_cvref_t<F>>;

public:
    explicit callback_await(F&& f) : function_(std::forward<F>(f)) {}
    callback_await(callback_await&& other)
        : callback_wait(std::move(other)), function_(std::forward<function>(other.function_)) {}

    bool await_ready() {
        if (refused()) [[unlikely]] return true;
        auto* made = new callback_result<T>;
        state_ = made;
        // what `start` throws is thrown by the await; a resolver that it gave away finds nobody
        try {
            std::invoke(function_, resolver<T>(*made));
        } catch (...) {
            state_->abandon();
            throw;
        }
        return state_->is_resolved();
    }
    T await_resume() {
        finish();
        state_->rethrow_error();
        if constexpr (!std::is_void_v<T>) return std::move(static_cast<callback_result<T>*>(state_)->value());
    }

private:
    function function_;
};

/// Awaits an interface of callbacks: `start` gets a `resolver<T>`, hands it (or a copy) to whoever will call back, and
/// returns; `co_await from_callback<int>([&](resolver<int> r) { begin(r); })`.
/// Completes: at home once the resolver was resolved; at once if `start` did that itself.
/// Errors: what the resolver was given; what `start` throws; `std::future_error` if every resolver went unresolved.
/// Cancel: checked before `start` is called; later the await ends at once, and a resolver that comes too late finds
/// nobody: what the callback refers to must outlive it all the same.
/// Threads: `start` runs on the calling thread. Cost: one allocation, the shared state.
template <class T, class F>
    requires std::is_invocable_v<std::remove_reference_t<F>&, resolver<T>>
auto from_callback(F&& start) {
    static_assert(!std::is_reference_v<T>, "coil::from_callback: yield a pointer, or std::reference_wrapper");
    COIL_REFUSE_OWNING_CLOSURE(F);
    return callback_await<T, F>(std::forward<F>(start));
}

}  // namespace coil
