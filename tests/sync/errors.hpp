// SPDX-License-Identifier: BSL-1.0
// What an error says, and where.
#pragma once
#include "../async/by_hand.hpp"

#include <doctest/doctest.h>

#include <exception>
#include <string>
#include <system_error>
#include <utility>

/// The condition of a std::system_error, or 0.
inline std::errc code_of(const std::exception_ptr& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const std::system_error& e) {
        return static_cast<std::errc>(e.code().value());
    } catch (...) {
    }
    return std::errc{};
}

template <class F>
std::exception_ptr error_of(F&& f) {
    try {
        std::forward<F>(f)();
    } catch (...) {
        return std::current_exception();
    }
    return {};
}

inline std::string text_of(const std::exception_ptr& error) {
    try {
        if (error) std::rethrow_exception(error);
    } catch (const std::exception& e) {
        return e.what();
    } catch (...) {
    }
    return {};
}

/// The place that an error names first: "file:line".
inline std::string place_of(const std::exception_ptr& error) {
    const std::string text = text_of(error);
    return text.substr(0, text.find(": "));
}

/// True if the error is of that condition and says first that it happened in this file.
#define CHECK_MISUSE(error, condition, file)                                                                           \
    do {                                                                                                               \
        const std::exception_ptr of_it = (error);                                                                      \
        CHECK(code_of(of_it) == (condition));                                                                          \
        CHECK(place_of(of_it).find(file) != std::string::npos);                                                        \
    } while (0)
