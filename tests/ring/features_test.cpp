// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/features.hpp>

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>

using coil::ring::feature;
using coil::ring::features;
using coil::ring::parse_features;

TEST_CASE("a list of names is a set") {
    const features f = parse_features("absolute_deadline,opcode 55,opcode 255");
    CHECK(f.has(feature::absolute_deadline));
    CHECK_FALSE(f.has(feature::send_message));
    CHECK(f.has(std::uint8_t{55}));
    CHECK(f.has(std::uint8_t{255}));
    CHECK(f.opcodes.count() == 2);
    CHECK(parse_features("").named.none());
    CHECK(parse_features("all").named.all());
    CHECK(parse_features("all").opcodes.none());
}

TEST_CASE("what is no name is refused with a text that lists the names") {
    for (const char* wrong :
         {"x", "opcode", "opcode 256", "opcode -1", "opcode 1x", "absolute_deadline,,all", " all", ","}) {
        std::string text;
        try {
            parse_features(wrong);
        } catch (const std::invalid_argument& e) {
            text = e.what();
        }
        CAPTURE(wrong);
        CHECK(text.find("write_no_signal") != std::string::npos);
    }
}

TEST_CASE("what is hidden is removed and nothing else") {
    features f = parse_features("all,opcode 1,opcode 2");
    f.remove(parse_features("send_message,opcode 2"));
    CHECK_FALSE(f.has(feature::send_message));
    CHECK(f.has(feature::registered_ring));
    CHECK(f.has(std::uint8_t{1}));
    CHECK_FALSE(f.has(std::uint8_t{2}));
}
