// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/promise.hpp>

#include <coroutine>
#include <cstddef>
#include <optional>
#include <utility>
#include <variant>

namespace coil {

/// Is the awaiter of `when_any`.
template <class... T>
class [[nodiscard("co_await it")]] when_any_await {
public:
    using outcome = std::variant<kept_value<T>...>;

    explicit when_any_await(task<T>&&... t) noexcept : children_(std::move(t)...) {}
    when_any_await(when_any_await&&) noexcept = default;

    void attach(branch& b) noexcept { parent_ = &b; }
    bool await_ready() noexcept {
        stopped_ = parent_->root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(parent_->innermost);
        return stopped_;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return children_.fork(join::rule::any, *parent_, h);
    }
    outcome await_resume() {
        if (stopped_) throw cancelled();
        children_.group().close();
        struct ended {
            forked_children<T...>& children;
            ~ended() { children.destroy(); }
        } const end{children_};
        fork_slot* winner = children_.group().first();
        children_.each_promise([&](promise_base& p) {
            const bool won = winner && &p == &promise_base::of(winner->handle);
            if (!won && p.how() == promise_base::outcome::error) suppress(p.take_thrown(), parent_->root);
        });
        if (!winner) throw cancelled();  // none ended by itself
        return value_of(static_cast<std::size_t>(winner - children_.slots()), std::index_sequence_for<T...>());
    }

private:
    template <std::size_t... I>
    outcome value_of(std::size_t index, std::index_sequence<I...>) {
        std::optional<outcome> value;
        (void)((I == index ? (emplace<I>(value), true) : false) || ...);
        return *std::move(value);
    }
    template <std::size_t I>
    void emplace(std::optional<outcome>& value) {
        auto& p = children_.template promise_of<I>();
        if constexpr (std::is_void_v<decltype(p.take())>) {
            p.take();
            value.emplace(std::in_place_index<I>);
        } else {
            value.emplace(std::in_place_index<I>, p.take());
        }
    }

    forked_children<T...> children_;
    branch* parent_ = nullptr;
    bool stopped_ = false;
};

/// Runs several awaitables at once and takes the first that ends, with a value or an error; the others are stopped and
/// waited for.
/// Completes: when all have ended, with a variant whose index says which came first; void yields `std::monostate`, a
/// reference `std::reference_wrapper`. What a loser returned is destroyed.
/// Errors: the first's, if it failed; a loser's goes to the log hook.
/// Cancel: stops all of them; if one ended by itself nevertheless, that counts.
/// Cost: the children's frames; no allocation of its own.
template <to_be_awaited... A>
[[nodiscard("co_await it")]] auto when_any(A&&... awaitables) {
    if constexpr (sizeof...(A) == 0) {
        static_assert(sizeof...(A) != 0, "coil::when_any of nothing would never end: give it one thing at least");
    } else {
        return []<class... T>(task<T>&&... t) {
            return when_any_await<T...>(std::move(t)...);
        }(as_child(std::forward<A>(awaitables))...);
    }
}

}  // namespace coil
