// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/sync/once.hpp>

#include <concepts>
#include <functional>
#include <optional>
#include <type_traits>
#include <utility>

namespace coil {

/// Is a value that is made when somebody first asks for it, once.
/// Completes, Errors, Cancel, Threads, Cost: as `once::call` with the function that makes it.
/// Lifetime: the value lives as long as this does.
template <class T>
class lazy {
public:
    /// `make` returns the value, or a task of it; it must be copyable, for it is kept.
    template <class F>
        requires std::is_invocable_v<F&> && (!std::same_as<std::remove_cvref_t<F>, lazy>)
    explicit lazy(F make) : fill_([this, make = std::move(make)]() mutable -> task<> { return fill(make); }) {}
    lazy(const lazy&) = delete;
    lazy& operator=(const lazy&) = delete;

    class [[nodiscard("co_await it")]] value_wait : public once::call_wait<std::function<task<>()>&> {
        using base = once::call_wait<std::function<task<>()>&>;

    public:
        value_wait(lazy& l, place where) : base(l.once_, l.fill_, where), lazy_(&l) {}
        value_wait(value_wait&& other) : base(std::move(other)), lazy_(other.lazy_) {}
        T& await_resume() {
            base::await_resume();
            return *lazy_->value_;
        }

    private:
        lazy* lazy_;
    };
    /// Waits for the value; makes it if nobody has.
    value_wait get(place where = place::current()) { return {*this, where}; }
    /// The value if it is there, else null.
    T* try_get() noexcept { return once_.done() ? &*value_ : nullptr; }

private:
    template <class F>
    task<> fill(F& make) {
        if constexpr (awaitable<std::invoke_result_t<F&>>) {
            value_.emplace(co_await std::invoke(make));
        } else {
            value_.emplace(std::invoke(make));
            co_return;
        }
    }
    once once_;
    std::optional<T> value_;
    std::function<task<>()> fill_;
};

}  // namespace coil
