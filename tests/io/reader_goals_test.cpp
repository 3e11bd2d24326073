// SPDX-License-Identifier: BSL-1.0
// Goals over every way in which the same bytes may arrive.
#include <coil/runtime/io/reader_goals.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

using namespace std::string_literals;

namespace {

// Feeds text to goals in pieces of a size, as a stream would.
struct feed {
    feed(std::string all, std::size_t step) : bytes(std::move(all)), text(bytes), piece(step) {}
    feed(const feed&) = delete;
    feed& operator=(const feed&) = delete;
    std::string bytes;
    std::string_view text;
    std::size_t piece;
    coil::read_buffer buffer{8};

    template <class Goal>
    auto ask(Goal goal) {
        bool at_end = false;
        while (!goal.reached(buffer, at_end)) {
            const coil::byte_span room = goal.room(buffer);
            const std::size_t n = std::min({room.size(), piece, text.size()});
            if (n != 0) std::memcpy(room.data(), text.data(), n);
            text.remove_prefix(n);
            goal.filled(buffer, n);
            at_end = n == 0;
        }
        return goal.take(buffer);
    }
};

std::vector<std::string> lines(std::string_view text, std::size_t piece, std::size_t limit = 100) {
    feed f(std::string(text), piece);
    std::vector<std::string> all;
    while (auto line = f.ask(coil::delimited_goal(limit)))
        all.push_back(*line);
    CHECK_FALSE(f.ask(coil::delimited_goal(limit)));
    return all;
}

}  // namespace

TEST_CASE("lines are the same however they arrive") {
    using list = std::vector<std::string>;
    for (std::size_t piece = 1; piece < 40; ++piece) {
        CAPTURE(piece);
        CHECK(lines("", piece).empty());
        CHECK(lines("\n", piece) == list{""});
        CHECK(lines("a\nb\n", piece) == list{"a", "b"});
        CHECK(lines("a\r\n\r\nb\rc\r\r\n\nlast", piece) == list{"a", "", "b\rc\r", "", "last"});
        CHECK(lines("no end\r", piece) == list{"no end\r"});
        CHECK(lines("a\0b\n"s, piece) == list{"a\0b"s});
        CHECK(lines("exactly 10\r\n0123456789", piece, 10) == list{"exactly 10", "0123456789"});
    }
}

TEST_CASE("a line that is too long is refused and left where it is") {
    for (std::size_t piece = 1; piece < 40; ++piece) {
        CAPTURE(piece);
        for (const std::string_view text : {"0123456789x\nb\n", "0123456789xyz", "0123456789x\r\n"}) {
            feed f(std::string(text), piece);
            for (int i = 0; i < 2; ++i) {
                try {
                    (void)f.ask(coil::delimited_goal(10));
                    FAIL("it was short");
                } catch (const std::system_error& e) {
                    CHECK(e.code() == std::errc::message_size);
                    CHECK(std::string(e.what()) == "read_line of a line of more than 10 bytes: Message too long");
                }
            }
            CHECK(f.buffer.contents().starts_with("0123456789x"));
            std::array<char, 5> some{};
            CHECK(f.ask(coil::some_goal(some)) == 5);
        }
    }
}

TEST_CASE("delimiters of one and of several characters") {
    for (std::size_t piece = 1; piece < 40; ++piece) {
        CAPTURE(piece);
        feed f("k=v\r\n\r\nab--ab---rest", piece);
        CHECK(*f.ask(coil::delimited_goal('=', 100)) == "k");
        CHECK(*f.ask(coil::delimited_goal("\r\n\r\n", 100)) == "v");
        CHECK(*f.ask(coil::delimited_goal("---", 100)) == "ab--ab");
        CHECK(*f.ask(coil::delimited_goal("---", 100)) == "rest");
        CHECK_FALSE(f.ask(coil::delimited_goal("---", 100)));
        feed cut("aaa", piece);
        CHECK_THROWS_AS((void)cut.ask(coil::delimited_goal('=', 2)), std::system_error);
    }
    CHECK_THROWS_AS(coil::delimited_goal("", 100), std::invalid_argument);
}

TEST_CASE("so many bytes, or none taken") {
    for (std::size_t piece = 1; piece < 40; ++piece) {
        CAPTURE(piece);
        feed f("0123456789abcdefghijklmnop", piece);
        std::array<char, 4> few{};
        std::array<char, 17> many{};
        CHECK(f.ask(coil::exact_goal(few)) == 4);
        CHECK(std::string(few.data(), 4) == "0123");
        CHECK(f.ask(coil::exact_goal(many)) == 17);
        CHECK(std::string(many.data(), 17) == "456789abcdefghijk");
        try {
            (void)f.ask(coil::exact_goal(many));
            FAIL("there were enough");
        } catch (const std::system_error& e) {
            CHECK(std::string(e.what()) == "read_exactly after 5 of 17 bytes: No data available");
        }
        CHECK(f.buffer.contents() == "lmnop");
        CHECK(f.ask(coil::exact_goal(coil::byte_span())) == 0);
        CHECK(f.ask(coil::peek_goal(2)).substr(0, 2) == "lm");
        CHECK(f.ask(coil::peek_goal(100)) == "lmnop");
        std::size_t there = 0;
        while (const std::size_t n = f.ask(coil::some_goal(many)))
            there += n;
        CHECK(there == 5);
        CHECK(f.ask(coil::peek_goal(1)).empty());
    }
}

TEST_CASE("frames") {
    for (std::size_t piece = 1; piece < 40; ++piece) {
        CAPTURE(piece);
        feed f("\0\0\0\3abc\0\0\0\0\0\0\1\0x"s, piece);
        CHECK(*f.ask(coil::frame_goal(3)) == "abc");
        CHECK(f.ask(coil::frame_goal(3))->empty());
        try {
            (void)f.ask(coil::frame_goal(3));
            FAIL("it was short");
        } catch (const std::system_error& e) {
            CHECK(std::string(e.what()) == "read_frame of 256 bytes, allowed are 3 bytes: Message too long");
        }
        try {
            (void)f.ask(coil::frame_goal(256));
            FAIL("it was whole");
        } catch (const std::system_error& e) {
            CHECK(std::string(e.what()) == "read_frame after 5 of 260 bytes: No data available");
        }
        feed cut("\0\0"s, piece);
        CHECK_THROWS_AS((void)cut.ask(coil::frame_goal(3)), std::system_error);
        feed none("", piece);
        CHECK_FALSE(none.ask(coil::frame_goal(3)));
    }
}
