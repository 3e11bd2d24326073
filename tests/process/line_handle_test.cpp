// SPDX-License-Identifier: BSL-1.0
#include <coil/process/line_handle.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <doctest/doctest.h>

#include <system_error>
#include <utility>

using namespace coil::process;

namespace {
constexpr line_handle::shape channel{line_handle::kind::channel, 4, false};
}

TEST_CASE("handles of a line count as what they do, until they go") {
    line_handle a = line_handle::make(channel, 4, 4, 0);
    segment& s = a.shared();
    CHECK(s.all(segment::writer) == 1);
    CHECK(s.all(segment::reader) == 0);
    {
        line_handle b = a.other_end();
        CHECK(s.all(segment::reader) == 1);
        line_handle c = std::move(b);
        CHECK(s.all(segment::reader) == 1);
    }
    CHECK(s.all(segment::reader) == 0);
    a = line_handle::make(channel, 4, 4, 0);
    CHECK(a.shared().all(segment::writer) == 1);
}

TEST_CASE("an end of another kind of line is refused") {
    const line_handle a = line_handle::make(channel, 4, 4, 0);
    for (const line_handle::shape& wrong : {line_handle::shape{line_handle::kind::channel, 8, false},
                                            line_handle::shape{line_handle::kind::queue, 4, false},
                                            line_handle::shape{line_handle::kind::both_ways, 4, false}}) {
        encoder e;
        a.encode(e);
        const auto bytes = e.take_message();
        decoder d(bytes, e.take_descriptors());
        CHECK_THROWS_AS(line_handle::decode(d, wrong), std::system_error);
    }
}
