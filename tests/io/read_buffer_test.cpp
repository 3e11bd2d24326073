// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/read_buffer.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

using coil::read_buffer;

namespace {

void fill(read_buffer& b, std::string_view text) {
    while (!text.empty()) {
        const coil::byte_span room = b.room();
        REQUIRE(room.size() != 0);
        const std::size_t n = std::min(room.size(), text.size());
        std::memcpy(room.data(), text.data(), n);
        b.took(n);
        text.remove_prefix(n);
    }
}

}  // namespace

TEST_CASE("read_buffer: what goes in comes out, whatever is dropped in between") {
    for (const std::size_t block : {0U, 1U, 2U, 3U, 7U, 64U}) {
        CAPTURE(block);
        read_buffer b(block);
        CHECK(b.contents().empty());
        std::string model;
        unsigned seed = 1;
        for (int i = 0; i < 2000; ++i) {
            seed = seed * 1664525 + 1013904223;
            const std::size_t n = seed >> 28;
            if ((seed >> 20 & 1) != 0) {
                const std::string piece(n, static_cast<char>('a' + i % 26));
                fill(b, piece);
                model += piece;
            } else if ((seed >> 21 & 3) == 0) {
                const std::string piece(n, 'Z');
                b.put_back(piece.data(), piece.size());
                model = piece + model;
            } else {
                const std::size_t count = std::min(2 * n, model.size());
                b.drop(count);
                model.erase(0, count);
            }
            REQUIRE(b.contents() == model);
            REQUIRE(b.size() == model.size());
        }
        read_buffer moved(std::move(b));
        CHECK(moved.contents() == model);
        CHECK(b.size() == 0);
        fill(b, "x");
        b = std::move(moved);
        CHECK(b.contents() == model);
    }
}

TEST_CASE("read_buffer: one block is enough for what is taken as it comes") {
    read_buffer b(64);
    fill(b, "x");
    const char* const memory = b.contents().data();
    for (int i = 0; i < 1000; ++i) {
        fill(b, "0123456789");
        b.drop(10);
        REQUIRE(b.contents().data() >= memory);
        REQUIRE(b.contents().data() < memory + 64);
    }
}
