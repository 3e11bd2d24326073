// SPDX-License-Identifier: BSL-1.0
#include <coil/process/burst.hpp>
#include <coil/process/message_stream.hpp>

#include <doctest/doctest.h>

#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

using namespace coil::process;
using answer = message_stream::answer;

namespace {

struct line_of_test {
    explicit line_of_test(std::uint64_t most, std::uint64_t size, std::uint64_t bytes = 0)
        : units(message_stream::units_for(most, size, bytes)),
          s(segment::make({.kind = 98,
                           .detail = 0,
                           .locks = 2,
                           .bells = 2,
                           .payload = message_stream::bytes_for(units),
                           .name = "test"})),
          m(*s, 0) {
        m.prepare(units, most);
    }
    answer put(const std::string& text) { return m.put(std::as_bytes(std::span(text))); }
    answer get(std::string& text) {
        return m.get({[](void* to, std::size_t n) {
                          auto& string = *static_cast<std::string*>(to);
                          string.resize(n);
                          return std::as_writable_bytes(std::span(string));
                      },
                      &text});
    }
    std::uint64_t units;
    segment_ref s;
    message_stream m;
};

}  // namespace

TEST_CASE("messages come out as they went in, whatever their sizes and wherever the room ends") {
    line_of_test l(4, 0, 256);
    std::mt19937 random(7);
    std::vector<std::string> inside;
    std::string got;
    for (int i = 0; i < 20'000; ++i) {
        if (random() % 2 == 0) {
            const std::string text(random() % 70, static_cast<char>('a' + i % 26));
            const answer a = l.put(text);
            if (a == answer::done) inside.push_back(text);
            else CHECK(a == answer::waits);
        } else if (inside.empty()) {
            CHECK(l.get(got) == answer::waits);
        } else {
            REQUIRE(l.get(got) == answer::done);
            REQUIRE(got == inside.front());
            inside.erase(inside.begin());
        }
        REQUIRE(l.m.size() == inside.size());
    }
}

TEST_CASE("a line holds so many messages, and no message that is larger than all its room") {
    line_of_test l(2, 8);
    CHECK(l.put("12345678") == answer::done);
    CHECK(l.put("12345678") == answer::done);
    CHECK(l.m.full());
    CHECK(l.put("1") == answer::waits);
    CHECK(l.put(std::string(l.m.largest() + 1, 'x')) == answer::too_large);
    std::string got;
    CHECK(l.get(got) == answer::done);
    CHECK(l.get(got) == answer::done);
    CHECK(l.put(std::string(l.m.largest(), 'x')) == answer::done);
    CHECK(l.get(got) == answer::done);
    CHECK(got.size() == l.m.largest());
}

TEST_CASE("what was put before the end is got, then comes the end") {
    line_of_test l(4, 8);
    CHECK(l.put("last") == answer::done);
    l.m.close();
    CHECK(l.put("late") == answer::closed);
    std::string got;
    CHECK(l.get(got) == answer::done);
    CHECK(got == "last");
    CHECK(l.get(got) == answer::closed);
}

TEST_CASE("a message whose preparation fails, or that finds no memory, is not put, or stays") {
    line_of_test l(4, 8);
    const std::string text = "x";
    const auto no = [](void*) noexcept { return false; };
    CHECK(l.m.put(std::as_bytes(std::span(text)), {no, nullptr}) == answer::refused);
    CHECK(l.m.empty());
    CHECK(l.put(text) == answer::done);
    CHECK_THROWS_AS(l.m.get({[](void*, std::size_t) -> std::span<std::byte> { throw std::bad_alloc(); }, nullptr}),
                    std::bad_alloc);
    CHECK(l.m.size() == 1);
    std::string got;
    CHECK(l.get(got) == answer::done);
}

TEST_CASE("sizes of a line that make no sense are refused") {
    CHECK_THROWS_AS(message_stream::units_for(0, 8, 0), std::invalid_argument);
    CHECK_THROWS_AS(message_stream::units_for(1U << 24, 8, 0), std::invalid_argument);
    CHECK_THROWS_AS(message_stream::units_for(1U << 20, std::uint64_t{1} << 40, 0), std::invalid_argument);
}

TEST_CASE("waiting for more is kept up while more comes, and tried ever less often when it does not") {
    std::atomic<std::uint32_t> word{0};
    burst b(word);
    int looks = 0;
    std::uint64_t there = 20;
    const auto count = [&] {
        ++looks;
        return there;
    };
    for (int i = 0; i < 10; ++i) b.wait(count);
    CHECK(looks == 10);
    CHECK(word == burst::most);
    there = 500;
    for (int i = 0; i < 10; ++i) b.wait(count);
    CHECK(looks == 20);
    CHECK(word >= burst::few / 2);
    CHECK(word <= burst::few);
    there = 1;
    looks = 0;
    for (int i = 0; i < 20'000; ++i) b.wait(count);
    // 1 + 2 + 4 + ... 4096 times without, and then every 4097th
    CHECK(looks == 15);
    there = 20;
    for (int i = 0; i < 5'000; ++i) b.wait(count);
    CHECK(looks > 800);
    word = 0xffffffff;  // whatever another process wrote there
    looks = 0;
    b.wait(count);
    CHECK(looks == 1);
}
