// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/promise.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <tuple>
#include <utility>

namespace coil {

/// Is how one of several awaitables ended: with a value, with an error, or stopped.
template <class T>
class settled {
public:
    using value_type = kept_value<T>;

    /// Takes the outcome out of a child that has ended. `may_be_stopped`: a stop reaches the children; `cancelled`
    /// without one is an error like any other.
    settled(promise<T>& p, bool may_be_stopped) {
        if (p.how() == promise_base::outcome::value) {
            try {
                if constexpr (std::is_void_v<T>) value_.emplace();
                else value_.emplace(p.take());
                return;
            } catch (...) {
                error_ = std::current_exception();  // moving the value out has failed
                return;
            }
        }
        if (p.how() == promise_base::outcome::stopped && (may_be_stopped || !p.thrown())) return;
        error_ = p.take_thrown();
    }

    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    bool failed() const noexcept { return error_ != nullptr; }
    bool stopped() const noexcept { return !value_ && !error_; }

    /// The value; undefined if there is none.
    value_type& operator*() & noexcept { return *value_; }
    const value_type& operator*() const& noexcept { return *value_; }
    value_type&& operator*() && noexcept { return *std::move(value_); }
    value_type* operator->() noexcept { return &*value_; }
    const value_type* operator->() const noexcept { return &*value_; }

    /// The value, or throws what the awaitable threw.
    value_type& value() & { return check(), *value_; }
    value_type&& value() && { return check(), *std::move(value_); }
    /// The exception; null unless it failed.
    const std::exception_ptr& error() const noexcept { return error_; }

private:
    void check() const {
        if (error_) std::rethrow_exception(error_);
        if (!value_) throw cancelled();
    }
    std::optional<value_type> value_;
    std::exception_ptr error_;
};

/// Is the awaiter of `settle`.
template <class... T>
class [[nodiscard("co_await it")]] settle_await {
public:
    explicit settle_await(task<T>&&... t) noexcept : children_(std::move(t)...) {}
    settle_await(settle_await&&) noexcept = default;

    void attach(branch& b) noexcept { parent_ = &b; }
    bool await_ready() noexcept {
        stopped_ = parent_->root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(parent_->innermost);
        return stopped_;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return children_.fork(join::rule::each, *parent_, h);
    }
    std::tuple<settled<T>...> await_resume() {
        if (stopped_) throw cancelled();
        const bool reached = region::reaches(&children_.group().children());
        children_.group().close();
        struct ended {
            forked_children<T...>& children;
            ~ended() { children.destroy(); }
        } const end{children_};
        return outcomes(reached, std::index_sequence_for<T...>());
    }

private:
    template <std::size_t... I>
    std::tuple<settled<T>...> outcomes(bool reached, std::index_sequence<I...>) {
        return std::tuple<settled<T>...>(settled<T>(children_.template promise_of<I>(), reached)...);
    }

    forked_children<T...> children_;
    branch* parent_ = nullptr;
    bool stopped_ = false;
};

/// Runs several awaitables at once and waits for all of them, however they end.
/// Completes: with a tuple of outcomes; of nothing at once. Errors: none of the children's is thrown, none stops the others.
/// Cancel: checked before; later it stops the children, whose outcomes say so.
template <to_be_awaited... A>
[[nodiscard("co_await it")]] auto settle(A&&... awaitables) {
    if constexpr (sizeof...(A) == 0) {
        return nothing_await();
    } else {
        return []<class... T>(task<T>&&... t) {
            return settle_await<T...>(std::move(t)...);
        }(as_child(std::forward<A>(awaitables))...);
    }
}

}  // namespace coil
