// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/chunk.hpp>

#include <coil/runtime/io/byte_view.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

using coil::chunk;

namespace {

chunk of(std::string_view text) {
    auto* const data = static_cast<std::byte*>(::operator new(64));
    std::memcpy(data, text.data(), text.size());
    return chunk(data, text.size(), nullptr, 0);
}

}  // namespace

TEST_CASE("a chunk is a range of bytes") {
    chunk c = of("hello");
    CHECK(c.size() == 5);
    CHECK_FALSE(c.empty());
    CHECK(c.text() == "hello");
    CHECK(std::count(c.begin(), c.end(), std::byte{'l'}) == 2);
    c.data()[0] = std::byte{'j'};
    CHECK(std::as_const(c).text() == "jello");
    const coil::byte_view view(c);
    CHECK(view.data() == c.data());
    CHECK(view.size() == 5);
}

TEST_CASE("a chunk moves and is never copied") {
    static_assert(!std::is_copy_constructible_v<chunk>);
    static_assert(std::is_nothrow_move_constructible_v<chunk> && std::is_nothrow_move_assignable_v<chunk>);
    chunk a = of("first");
    chunk b = std::move(a);
    CHECK(a.empty());
    CHECK(a.data() == nullptr);
    CHECK(b.text() == "first");
    b = of("second");  // the first buffer is given back: the leak checker would tell
    CHECK(b.text() == "second");
    chunk& same = b;
    b = std::move(same);
    CHECK(b.text() == "second");
    b.reset();
    CHECK(b.empty());
    b.reset();
    CHECK(chunk().empty());
}
