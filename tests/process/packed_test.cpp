// SPDX-License-Identifier: BSL-1.0
#include <coil/process/packed.hpp>

#include <coil/process/mutex.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>

using namespace coil::process;

struct with_fields {
    int number = 0;
    auto fields() { return std::tie(number); }
};

static_assert(packs_as_bytes<int>);
static_assert(!packs_as_bytes<std::string_view>);
static_assert(!packs_as_bytes<std::optional<int>>);
static_assert(!packs_as_bytes<with_fields>);
static_assert(!packs_as_bytes<int*>);
static_assert(!packs_as_bytes<mutex>);
static_assert(carries_descriptors<mutex>);
static_assert(carries_descriptors<coil::ring::descriptor>);
static_assert(!carries_descriptors<int>);

TEST_CASE("what is plain is packed as its bytes, and unpacked from them") {
    const packed<double> p(1.5);
    CHECK(p.bytes().size() == sizeof(double));
    unpacked<double> u;
    std::ranges::copy(p.bytes(), u.room(p.bytes().size()).begin());
    CHECK(u.take() == 1.5);
    CHECK(u.room(100).size() == sizeof(double));
}

TEST_CASE("what passes itself is packed with its descriptors") {
    mutex m;
    const packed<mutex> p(m);
    CHECK(p.numbers().size() == 1);
    unpacked<mutex> u;
    std::ranges::copy(p.bytes(), u.room(p.bytes().size()).begin());
    encoder copies;
    copies.descriptor(p.numbers()[0]);
    u.descriptors() = copies.take_descriptors();
    mutex same = u.take();
    CHECK(same.try_lock());
    CHECK(m.locked());
    same.unlock();
}

TEST_CASE("what has a codec is packed by it, with no other header") {
    const packed<std::string> p("long enough to lie elsewhere, wherever that is");
    unpacked<std::string> u;
    std::ranges::copy(p.bytes(), u.room(p.bytes().size()).begin());
    CHECK(u.take() == "long enough to lie elsewhere, wherever that is");
}
