// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/closure.hpp>

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace {

using coil::is_closure;
using coil::safe_in_await;

template <class F>
struct holds {
    explicit holds(F g) : f(std::move(g)) {}
    F f;
};

struct functor {
    explicit functor(std::string t) : text(std::move(t)) {}
    void operator()() const {}
    std::string text;
};

struct aggregate {
    std::string text;
};

struct trivial_aggregate {
    int number = 0;
    const char* text = nullptr;
};

// Closures in every place where the printed name of the type looks different.
template <class F>
auto in_a_template_over_F(F) {
    auto f = [text = std::string()](int) mutable noexcept { return text.size(); };
    return f;
}
template <class T, int N>
auto in_a_template(T) {
    return [text = std::string()] { return text; };
}
struct bigger {
    auto operator<(const bigger&) const {
        return [text = std::string()] { return text; };
    }
    auto operator>(const bigger&) const {
        return [text = std::string()] { return text; };
    }
    auto operator()(int) const {
        return [text = std::string()] { return text; };
    }
    auto operator->() const {
        return [text = std::string()] { return text; };
    }
    auto operator<<(int) const {
        return [text = std::string()] { return text; };
    }
    std::function<void()> member = [text = std::string()] {};
};
auto at_namespace = [text = std::string()] { return text; };
auto generic = [text = std::string()](auto a, auto... rest) { return (text.size() + ... + rest) + a; };
auto with_parameters = [text = std::string()]<class T>(std::vector<T>, std::function<int(T)>) { return text; };
auto takes_closure = [text = std::string()](decltype(at_namespace), std::map<int, std::string>&&) -> decltype(auto) {
    return (text);
};

#if defined(__GNUC__) && !defined(__clang__)
TEST_CASE("a closure is told from everything else") {
    auto local = [text = std::string()] { return text; };
    auto inside = [text = std::string()] {
        return [other = text] { return other; };
    };
    CHECK(is_closure<decltype(local)>());
    CHECK(is_closure<decltype(inside)>());
    CHECK(is_closure<decltype(inside())>());
    CHECK(is_closure<decltype(at_namespace)>());
    CHECK(is_closure<decltype(generic)>());
    CHECK(is_closure<decltype(with_parameters)>());
    CHECK(is_closure<decltype(takes_closure)>());
    CHECK(is_closure<decltype(in_a_template_over_F(1))>());
    CHECK(is_closure<decltype(in_a_template_over_F(local))>());
    CHECK(is_closure<decltype(in_a_template<std::vector<int>, 3>({}))>());
    CHECK(is_closure<decltype(bigger() < bigger())>());
    CHECK(is_closure<decltype(bigger() > bigger())>());
    CHECK(is_closure<decltype(bigger()(1))>());
    CHECK(is_closure<decltype(bigger().operator->())>());
    CHECK(is_closure<decltype(bigger() << 1)>());

    CHECK_FALSE(is_closure<int>());
    CHECK_FALSE(is_closure<void (*)()>());
    CHECK_FALSE(is_closure<std::function<void()>>());
    CHECK_FALSE(is_closure<functor>());
    CHECK_FALSE(is_closure<aggregate>());
    CHECK_FALSE(is_closure<holds<decltype(local)>>());
    CHECK_FALSE(is_closure<holds<decltype(at_namespace)>>());
    CHECK_FALSE(is_closure<decltype(std::bind_front(local, 1))>());
    CHECK_FALSE(is_closure<std::reference_wrapper<decltype(local)>>());
    CHECK_FALSE(is_closure<std::unique_ptr<decltype(local)>>());
    CHECK_FALSE(is_closure<coil::owned<decltype(local)>>());
}
#endif

TEST_CASE("what this compiler would destroy twice is refused, and nothing more") {
    auto owning = [text = std::string()] { return text; };
    auto referring = [&owning] { return owning(); };
    auto copying = [n = 3, p = &owning] { return n + (p != nullptr); };
    CHECK(safe_in_await<decltype(owning)> == !coil::compiler_destroys_captures_twice);
    CHECK(safe_in_await<const decltype(owning)> == !coil::compiler_destroys_captures_twice);
    CHECK(safe_in_await<decltype(owning)&&> == !coil::compiler_destroys_captures_twice);
    CHECK(safe_in_await<aggregate> == !coil::compiler_destroys_captures_twice);
    CHECK(safe_in_await<std::array<std::string, 2>> == !coil::compiler_destroys_captures_twice);
    CHECK(safe_in_await<decltype(owning)&>);
    CHECK(safe_in_await<const decltype(owning)&>);
    CHECK(safe_in_await<decltype(referring)>);
    CHECK(safe_in_await<decltype(copying)>);
    CHECK(safe_in_await<trivial_aggregate>);
    CHECK(safe_in_await<functor>);
    CHECK(safe_in_await<std::function<void()>>);
    CHECK(safe_in_await<std::string>);
    CHECK(safe_in_await<void (*)()>);
    CHECK(safe_in_await<coil::owned<decltype(owning)>>);
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ == 12
    CHECK(coil::compiler_destroys_captures_twice);
#elif defined(__clang__)
    CHECK_FALSE(coil::compiler_destroys_captures_twice);
#endif
}

TEST_CASE("own moves a named callable, and calls it as itself") {
    std::vector<int> seen;
    auto f = [&seen, p = std::make_unique<int>(4)](int v) mutable -> int& {
        seen.push_back(v + *p);
        return *p;
    };
    auto o = coil::own(f);
    static_assert(std::is_same_v<decltype(o(1)), int&>);
    o(1) = 7;
    CHECK(o(2) == 7);
    CHECK(seen == std::vector{5, 9});
    auto moved = std::move(o);
    CHECK(moved(0) == 7);
}

}  // namespace
