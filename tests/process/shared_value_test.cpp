// SPDX-License-Identifier: BSL-1.0
#include <coil/process/shared_value.hpp>

#include "other_process.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <stdexcept>

using namespace process_test;
namespace process = coil::process;

namespace {
// A value that is torn if its parts differ.
struct wide {
    std::array<std::uint64_t, 64> parts{};
    bool whole() const {
        for (const auto p : parts)
            if (p != parts[0]) return false;
        return true;
    }
};
}  // namespace

TEST_CASE(CHILD("adds to a value")) {
    given objects;
    auto v = objects.take<process::shared_value<int>>();
    for (int i = 0; i < 5000; ++i)
        v += 1;
}

TEST_CASE("no addition of several processes to one value is lost") {
    process::shared_value<int> v{5};
    other_process a("adds to a value", message_of(v));
    other_process b("adds to a value", message_of(v));
    for (int i = 0; i < 5000; ++i)
        v += 1;
    CHECK(a.wait() == 0);
    CHECK(b.wait() == 0);
    CHECK(v.get() == 15'005);
}

TEST_CASE("a value is read, set, exchanged, changed by a function, and kept when that throws") {
    process::shared_value<int> v{1};
    CHECK(v.get() == 1);
    v.set(2);
    CHECK(v.exchange(3) == 2);
    CHECK((v -= 1) == 2);
    CHECK(++v == 3);
    CHECK(--v == 2);
    CHECK(v.update([](int& n) { return n *= 10; }) == 20);
    const auto fails = [](int& n) {
        n = 99;
        throw std::runtime_error("no");
    };
    CHECK_THROWS_AS(v.update(fails), std::runtime_error);
    CHECK(v.get() == 20);
}

TEST_CASE(CHILD("writes wide values until it is killed")) {
    given objects;
    auto v = objects.take<process::shared_value<wide>>();
    tell_parent('b');
    for (std::uint64_t i = 0;; ++i) {
        wide w;
        w.parts.fill(i);
        v.set(w);
    }
}

TEST_CASE("a value that a process was writing when it died is the old one or the new one") {
    process::shared_value<wide> v;
    for (int round = 0; round < 20; ++round) {
        other_process other("writes wide values until it is killed", message_of(v));
        REQUIRE(other.hear() == 'b');
        for (int i = 0; i < round * 50; ++i)
            CHECK(v.get().whole());
        other.kill();
        CHECK(v.get().whole());
        CHECK(other.wait() == 128 + SIGKILL);
        CHECK(v.get().whole());
    }
}
