// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/result.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <system_error>
#include <type_traits>

namespace {

coil::error thrown_error(int code, const char* text) {
    try {
        throw std::system_error(code, std::system_category(), text);
    } catch (const std::system_error& e) {
        return coil::error(e, std::current_exception());
    }
}

struct own_error : std::system_error {
    own_error() : std::system_error(std::make_error_code(std::errc::timed_out), "mine") {}
    int mark = 7;
};

TEST_CASE("a value is there and is not an error") {
    coil::result<std::string> r(std::string("text"));
    CHECK(r.has_value());
    CHECK(static_cast<bool>(r));
    CHECK(*r == "text");
    CHECK(r->size() == 4);
    CHECK(r.value() == "text");
    const auto& c = r;
    CHECK(*c == "text");
    CHECK(c->size() == 4);
    CHECK(c.value() == "text");
    static_assert(std::is_same_v<decltype(*std::move(r)), std::string&&>);
    const std::string moved = *std::move(r);
    CHECK(moved == "text");
}

TEST_CASE("a value that can only be moved goes in and out") {
    coil::result<std::unique_ptr<int>> r(std::make_unique<int>(3));
    const std::unique_ptr<int> out = std::move(r).value();
    CHECK(*out == 3);
    coil::result<std::unique_ptr<int>> empty(thrown_error(EIO, "x"));
    CHECK(std::move(empty).value_or(nullptr) == nullptr);
}

TEST_CASE("void has a value that says nothing") {
    coil::result<void> r;
    CHECK(r.has_value());
    static_assert(std::is_same_v<coil::result<void>::value_type, std::monostate>);
    CHECK_NOTHROW(r.value());
    coil::result<void> bad(coil::error(std::make_error_code(std::errc::bad_file_descriptor), "close"));
    CHECK_FALSE(bad.has_value());
    CHECK_THROWS_AS(bad.value(), std::system_error);
}

TEST_CASE("an error that was never thrown reads and throws as if it had been") {
    coil::result<int> r(coil::error(std::error_code(ECONNREFUSED, std::system_category()), "connect 127.0.0.1:81"));
    CHECK_FALSE(r);
    CHECK(r.error() == std::errc::connection_refused);
    CHECK(r.error() == std::error_code(ECONNREFUSED, std::system_category()));
    CHECK_FALSE(r.error() == std::errc::timed_out);
    std::string text;
    try {
        (void)r.value();
    } catch (const std::system_error& e) {
        text = e.what();
        CHECK(e.code().value() == ECONNREFUSED);
    }
    CHECK(text == r.error().message());
    CHECK(text.starts_with("connect 127.0.0.1:81: "));
    CHECK(std::move(r).value_or(5) == 5);
}

TEST_CASE("an error without text reads as its code alone") {
    const coil::error e(std::error_code(EPIPE, std::system_category()), "");
    CHECK(e.message() == std::error_code(EPIPE, std::system_category()).message());
}

TEST_CASE("an error that was thrown comes out as the very same object") {
    const coil::error e = thrown_error(EIO, "read log");
    CHECK(e.message().starts_with("read log: "));
    std::string text;
    try {
        e.rethrow();
    } catch (const std::system_error& again) {
        text = again.what();
    }
    CHECK(text == e.message());

    coil::result<int> r([] {
        try {
            throw own_error();
        } catch (const std::system_error& mine) {
            return coil::error(mine, std::current_exception());
        }
    }());
    try {
        (void)r.value();
        FAIL("a value out of nothing");
    } catch (const own_error& mine) {
        CHECK(mine.mark == 7);
    }
    // and again: the error stays
    CHECK_THROWS_AS((void)r.value(), own_error);
}

TEST_CASE("copies are independent") {
    coil::result<std::string> a(std::string("a"));
    coil::result<std::string> b = a;
    *b = "b";
    CHECK(*a == "a");
    a = coil::result<std::string>(thrown_error(EIO, "x"));
    CHECK_FALSE(a);
    CHECK(*b == "b");
}

}  // namespace
