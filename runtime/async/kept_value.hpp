// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <functional>
#include <type_traits>
#include <variant>

namespace coil {

template <class T>
struct kept_value_type {
    using type = std::remove_cvref_t<T>;
};
template <class T>
struct kept_value_type<T&> {
    using type = std::reference_wrapper<T>;
};
template <>
struct kept_value_type<void> {
    using type = std::monostate;
};

/// Is how a result of type T is kept in an optional, a variant or a vector: void as `std::monostate`, an lvalue
/// reference as `std::reference_wrapper`, anything else by value.
template <class T>
using kept_value = typename kept_value_type<T>::type;

/// Takes an awaiter's result in that form.
template <class W>
auto take_kept(W& awaiter) -> kept_value<decltype(awaiter.await_resume())> {
    if constexpr (std::is_void_v<decltype(awaiter.await_resume())>) return awaiter.await_resume(), std::monostate();
    else return kept_value<decltype(awaiter.await_resume())>(awaiter.await_resume());
}

}  // namespace coil
