// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/bracket.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/await.hpp>

#include <coroutine>
#include <exception>
#include <functional>
#include <system_error>
#include <type_traits>
#include <utility>

namespace coil {

/// Is the awaiter of `as_result`.
template <attachable Inner>
class [[nodiscard("co_await it")]] as_result_await {
    using inner_type = decltype(std::declval<Inner&>().await_resume());
    // a reference is kept as a std::reference_wrapper
    using value = std::conditional_t<std::is_lvalue_reference_v<inner_type>,
                                     std::reference_wrapper<std::remove_reference_t<inner_type>>,
                                     std::remove_cvref_t<inner_type>>;

public:
    explicit as_result_await(Inner&& inner) : inner_(std::move(inner)) {}
    as_result_await(as_result_await&&) = default;

    void attach(branch& b) noexcept { inner_.attach(b); }
    bool await_ready() noexcept(noexcept(std::declval<Inner&>().await_ready())) { return inner_.await_ready(); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept(
        noexcept(std::declval<Inner&>().await_suspend(h))) {
        return inner_.await_suspend(h);
    }
    result<value> await_resume() {
        if constexpr (yields_result<Inner>) {
            return inner_.await_result();
        } else {
            try {
                if constexpr (std::is_void_v<value>) {
                    inner_.await_resume();
                    return result<value>();
                } else {
                    return result<value>(value(inner_.await_resume()));
                }
            } catch (const std::system_error& e) {
                return result<value>(error(e, std::current_exception()));
            }
        }
    }

private:
    Inner inner_;
};

/// Awaits something and gives a failed operation (`std::system_error`, `timed_out` too) as a value.
/// Completes: as what it awaits. Errors: every other exception passes. Cancel: `cancelled` passes.
/// Cost: no frame, no allocation; operations of coil are not even thrown inside.
template <to_be_awaited A>
auto as_result(A&& aw, place where = place::current()) {
    return as_result_await<awaiter_of<A>>(as_awaiter(std::forward<A>(aw), where));
}

}  // namespace coil
