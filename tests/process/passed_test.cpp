// SPDX-License-Identifier: BSL-1.0
#include <coil/process/passed.hpp>

#include <doctest/doctest.h>

using namespace coil::process;

namespace {
struct point {
    int x, y;
    void encode(encoder& to) const {
        to.value(x);
        to.value(y);
    }
    static point decode(decoder& from) {
        const int x = from.value<int>();
        return {x, from.value<int>()};
    }
};
struct one_way {
    void encode(encoder&) const {}
};
}  // namespace

static_assert(passes_itself<point>);
static_assert(!passes_itself<one_way>);
static_assert(!passes_itself<int>);

TEST_CASE("a type with encode and decode passes itself") {
    encoder e;
    point{3, 4}.encode(e);
    decoder d(e.message());
    const point p = point::decode(d);
    CHECK(p.x == 3);
    CHECK(p.y == 4);
}
