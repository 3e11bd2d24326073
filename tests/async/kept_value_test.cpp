// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/kept_value.hpp>

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <type_traits>

namespace {
template <class T>
struct gives {
    T (*f)();
    T await_resume() { return f(); }
};
std::string text = "kept";
}  // namespace

TEST_CASE("kept_value: void, references and values each have a form that can be stored") {
    static_assert(std::is_same_v<coil::kept_value<void>, std::monostate>);
    static_assert(std::is_same_v<coil::kept_value<int>, int>);
    static_assert(std::is_same_v<coil::kept_value<const int>, int>);
    static_assert(std::is_same_v<coil::kept_value<int&>, std::reference_wrapper<int>>);
    static_assert(std::is_same_v<coil::kept_value<const int&>, std::reference_wrapper<const int>>);
    static_assert(std::is_same_v<coil::kept_value<int&&>, int>);
    static_assert(std::is_same_v<coil::kept_value<std::unique_ptr<int>>, std::unique_ptr<int>>);
}

TEST_CASE("take_kept takes an awaiter's result in that form, by move") {
    gives<std::unique_ptr<int>> pointer{[] { return std::make_unique<int>(3); }};
    CHECK(*coil::take_kept(pointer) == 3);
    gives<std::string&> reference{[]() -> std::string& { return text; }};
    CHECK(&coil::take_kept(reference).get() == &text);
    gives<std::string&&> moved{[]() -> std::string&& { return std::move(text); }};
    CHECK(coil::take_kept(moved) == "kept");
    CHECK(text.empty());
    static int calls = 0;
    gives<void> nothing{[] { ++calls; }};
    CHECK(coil::take_kept(nothing) == std::monostate());
    CHECK(calls == 1);
}
