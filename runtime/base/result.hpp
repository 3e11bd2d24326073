// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <exception>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <variant>

namespace coil {

/// Stands for void where a value is needed (tuples, variants, results).
template <class T>
using non_void = std::conditional_t<std::is_void_v<T>, std::monostate, T>;

/// Is a failed operation as a value: its code, its text and, if it was thrown, the exception itself.
class error {
public:
    error(std::error_code code, std::string text) : code_(code), text_(std::move(text)) {}
    error(const std::system_error& thrown, std::exception_ptr itself)
        : code_(thrown.code()), text_(thrown.what()), thrown_(std::move(itself)) {}

    const std::error_code& code() const noexcept { return code_; }
    /// The text that the exception would have had: "operation object: reason".
    std::string message() const { return thrown_ ? text_ : text_.empty() ? code_.message() : text_ + ": " + code_.message(); }
    /// Throws what the operation would have thrown.
    [[noreturn]] void rethrow() const {
        if (thrown_) std::rethrow_exception(thrown_);
        throw std::system_error(code_, text_);
    }
    friend bool operator==(const error& a, std::errc b) noexcept { return a.code_ == b; }
    friend bool operator==(const error& a, const std::error_code& b) noexcept { return a.code_ == b; }

private:
    std::error_code code_;
    std::string text_;
    std::exception_ptr thrown_;
};

/// Holds a value or an `error`. Shape: `result<void>` holds `std::monostate`.
template <class T>
class [[nodiscard]] result {
public:
    using value_type = non_void<T>;

    result() requires std::is_void_v<T> : held_(std::in_place_index<0>) {}
    explicit result(value_type v) : held_(std::in_place_index<0>, std::move(v)) {}
    explicit result(coil::error e) : held_(std::in_place_index<1>, std::move(e)) {}

    bool has_value() const noexcept { return held_.index() == 0; }
    explicit operator bool() const noexcept { return has_value(); }

    /// The value; undefined if there is none.
    value_type& operator*() & noexcept { return *std::get_if<0>(&held_); }
    const value_type& operator*() const& noexcept { return *std::get_if<0>(&held_); }
    value_type&& operator*() && noexcept { return std::move(*std::get_if<0>(&held_)); }
    value_type* operator->() noexcept { return std::get_if<0>(&held_); }
    const value_type* operator->() const noexcept { return std::get_if<0>(&held_); }

    /// The value, or throws what the operation would have thrown.
    value_type& value() & { return check(), **this; }
    const value_type& value() const& { return check(), **this; }
    value_type&& value() && { return check(), *std::move(*this); }
    template <class U>
    value_type value_or(U&& other) && {
        return has_value() ? *std::move(*this) : static_cast<value_type>(std::forward<U>(other));
    }

    /// The error; undefined if there is a value.
    const coil::error& error() const& noexcept { return *std::get_if<1>(&held_); }

private:
    void check() const {
        if (!has_value()) error().rethrow();
    }
    std::variant<value_type, coil::error> held_;
};

}  // namespace coil
