// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <functional>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coil {

#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ < 13
inline constexpr bool compiler_destroys_captures_twice = true;
#else
inline constexpr bool compiler_destroys_captures_twice = false;
#endif

/// Tells whether F is the type of a lambda expression: its printed name ends in the component "<lambda(...)>".
template <class F>
consteval bool is_closure() {
    std::string_view name = __PRETTY_FUNCTION__;
    name.remove_prefix(name.find("F = ") + 4);
    name.remove_suffix(1);
    if (!name.ends_with('>')) return false;
    // from the end: the scopes before it may bear any name, operator< among them
    int depth = 0;
    for (std::size_t i = name.size(); i-- != 0;) {
        if (name[i] == '>' && (i == 0 || name[i - 1] != '-')) ++depth;
        if (name[i] == '<' && --depth == 0) return name.substr(i).starts_with("<lambda");
    }
    return false;
}

/// g++ 12 destroys the captures of a lambda (and the members of an aggregate) twice when it is written inside a co_await
/// expression. What has nothing to destroy, and what has a name, is safe.
template <class F>
inline constexpr bool safe_in_await =
    !compiler_destroys_captures_twice || std::is_lvalue_reference_v<F> ||
    std::is_trivially_destructible_v<std::remove_cvref_t<F>> ||
    !(std::is_aggregate_v<std::remove_cvref_t<F>> || is_closure<std::remove_cvref_t<F>>());

/// Refuses, at compile time, a callable that this compiler would destroy twice.
#define COIL_REFUSE_OWNING_CLOSURE(F)                                                                                  \
    static_assert(::coil::safe_in_await<F>,                                                                            \
                  "coil: g++ 12 destroys what this lambda captured twice if it is written inside a co_await "            \
                  "expression. Give it a name first and pass the name (it is taken by reference when awaited at "       \
                  "once), or move the named one with coil::own(f)")

/// Carries a callable by value through a co_await expression: `co_await on_pool(coil::own(f))` moves the named `f`.
template <class F>
class owned {
public:
    explicit owned(F f) : callable_(std::move(f)) {}
    owned(owned&&) = default;
    owned(const owned&) = default;
    template <class... Args>
    decltype(auto) operator()(Args&&... args) {
        return std::invoke(callable_, std::forward<Args>(args)...);
    }

private:
    F callable_;
};

template <class F>
[[nodiscard]] owned<std::remove_cvref_t<F>> own(F&& f) {
    return owned<std::remove_cvref_t<F>>(std::move(f));
}

}  // namespace coil
