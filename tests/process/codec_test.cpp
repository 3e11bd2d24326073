// SPDX-License-Identifier: BSL-1.0
#include <coil/process/codec.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <system_error>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

namespace process = coil::process;

namespace {

enum class colour : std::uint8_t { red, green };
struct plain {
    int x;
    double y;
    friend bool operator==(const plain&, const plain&) = default;
};
struct tied {
    std::string name;
    std::vector<int> numbers;
    std::optional<plain> where;
    auto fields() { return std::tie(name, numbers, where); }
    friend bool operator==(const tied&, const tied&) = default;
};
class hooked {
public:
    explicit hooked(int n) : n_(n) {}
    void encode(process::encoder& to) const { to.value(n_ * 2); }
    static hooked decode(process::decoder& from) { return hooked(from.value<int>() / 2); }
    friend bool operator==(const hooked&, const hooked&) = default;

private:
    int n_;
};

template <class T>
void travels_well(const T& value) {
    static_assert(process::travels<T>);
    process::encoder to;
    process::encode(to, value);
    process::decoder from(to.message());
    CHECK(process::decode<T>(from) == value);
    CHECK(from.left() == 0);
    // every message that is cut short is an error, and nothing worse
    for (std::size_t size = 0; size < to.message().size(); ++size) {
        process::decoder cut(to.message().first(size));
        CHECK_THROWS_AS(process::decode<T>(cut), std::system_error);
    }
}

using everything = std::tuple<std::string, std::vector<std::string>, std::map<std::string, std::vector<int>>,
                              std::variant<int, std::string, std::vector<bool>>, std::optional<std::string>, tied,
                              std::set<int>, std::array<std::string, 2>, bool>;

}  // namespace

TEST_CASE("codec: what goes in comes out, and what is cut short is an error") {
    travels_well(5);
    travels_well(true);
    travels_well(colour::green);
    travels_well(plain{1, 2.5});
    travels_well(std::string("some text"));
    travels_well(std::string());
    travels_well(std::vector<int>{1, 2, 3});
    travels_well(std::vector<bool>{true, false, true});
    travels_well(std::vector<std::string>{"a", "", "ccc"});
    travels_well(std::map<std::string, int>{{"ann", 3}, {"bob", 4}});
    travels_well(std::unordered_map<int, std::string>{{1, "x"}, {2, "y"}});
    travels_well(std::optional<int>());
    travels_well(std::optional<int>(3));
    travels_well(std::tuple<int, std::string>(1, "z"));
    travels_well(std::pair<std::string, double>("p", 1.5));
    travels_well(std::variant<int, std::string>("text"));
    travels_well(std::array<std::string, 2>{"l", "r"});
    travels_well(tied{"t", {4, 5}, plain{6, 7}});
    travels_well(hooked(8));
    travels_well(everything("s", {"v"}, {{"k", {1, 2}}}, std::vector<bool>{true}, "o", {"t", {1}, {}}, {3, 4}, {"x", "y"}, true));
}

TEST_CASE("codec: views, pointers and references do not travel") {
    static_assert(!process::travels<int*>);
    static_assert(!process::travels<std::string_view>);
    static_assert(!process::travels<std::reference_wrapper<int>>);
}

TEST_CASE("codec: a length is believed only as far as there are bytes") {
    process::encoder to;
    to.value<std::uint64_t>(~std::uint64_t{0});
    for (int i = 0; i < 3; ++i) {
        process::decoder from(to.message());
        if (i == 0) CHECK_THROWS_AS(process::decode<std::string>(from), std::system_error);
        if (i == 1) CHECK_THROWS_AS(process::decode<std::vector<double>>(from), std::system_error);
        if (i == 2) CHECK_THROWS_AS((process::decode<std::map<int, std::string>>(from)), std::system_error);
    }
}

TEST_CASE("codec: rubbish is an error or a value, never worse") {
    process::encoder to;
    process::encode(to, everything("some", {"v", "w"}, {{"k", {1, 2}}}, "variant", "o", {"t", {1}, plain{1, 2}}, {3}, {"x", "y"}, true));
    std::mt19937 luck(7);
    int good = 0, bad = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::vector<std::byte> message(to.message().begin(), to.message().end());
        for (unsigned i = 0; i <= luck() % 4; ++i) message[luck() % message.size()] = static_cast<std::byte>(luck());
        if (luck() % 8 == 0) message.resize(luck() % message.size());
        try {
            process::decoder from(message);
            (void)process::decode<everything>(from);
            ++good;
        } catch (const std::system_error&) {
            ++bad;
        }
    }
    CHECK(good > 0);
    CHECK(bad > 0);
}
