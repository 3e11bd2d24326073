// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/byte_view.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

using coil::byte_span;
using coil::byte_view;

namespace {

template <class T>
bool views(const T& t, const void* data, std::size_t size) {
    const byte_view v(t);
    return v.data() == data && v.size() == size;
}
template <class T>
bool spans(T&& t, const void* data, std::size_t size) {
    const byte_span s(std::forward<T>(t));
    return s.data() == data && s.size() == size;
}

}  // namespace

TEST_CASE("what is written may be any range of bytes") {
    const std::string text = "hello";
    CHECK(views(text, text.data(), 5));
    CHECK(views(std::string_view(text).substr(1), text.data() + 1, 4));
    const std::vector<std::byte> bytes(7);
    CHECK(views(bytes, bytes.data(), 7));
    CHECK(views(std::span(bytes).first(3), bytes.data(), 3));
    const std::array<std::uint32_t, 3> words{};
    CHECK(views(words, words.data(), 12));
    CHECK(byte_view(bytes.data(), 2).size() == 2);
    CHECK(byte_view().size() == 0);
    CHECK(byte_view(text + "!").size() == 6);  // until the end of the whole expression
}

TEST_CASE("a literal counts without its final zero, an array of char in full") {
    CHECK(byte_view("hello").size() == 5);
    CHECK(byte_view("").size() == 0);
    CHECK(byte_view("a\0b").size() == 3);
    const char no_zero[] = {'a', 'b'};
    CHECK(byte_view(no_zero).size() == 2);
    char buffer[8] = {};
    CHECK(byte_view(buffer).size() == 8);
}

TEST_CASE("what is read into has to be writable, and to last") {
    std::string text(5, ' ');
    CHECK(spans(text, text.data(), 5));
    std::vector<int> numbers(3);
    CHECK(spans(numbers, numbers.data(), 12));
    CHECK(spans(std::span(numbers).subspan(1), numbers.data() + 1, 8));
    char buffer[8] = {};
    CHECK(spans(buffer, buffer, 8));
    static_assert(std::is_constructible_v<byte_span, std::array<char, 4>&>);
    static_assert(!std::is_constructible_v<byte_span, const std::string&>);
    static_assert(!std::is_constructible_v<byte_span, std::string_view>);
    static_assert(!std::is_constructible_v<byte_span, std::span<const char>>);
    static_assert(!std::is_constructible_v<byte_span, std::string>);              // it would be gone
    static_assert(!std::is_constructible_v<byte_span, std::vector<std::string>&>);  // no bytes
    static_assert(!std::is_constructible_v<byte_view, std::vector<std::string>&>);
}
