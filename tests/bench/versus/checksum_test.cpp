// SPDX-License-Identifier: BSL-1.0
#include "work/checksum.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

#include "work/sha256.hpp"

using namespace versus;

TEST_CASE("every changed, moved, added or lost byte changes the checksum") {
    const std::string text = "0123456789abcdefghij";
    std::set<std::uint64_t> seen{checksum_of(text)};
    for (std::size_t i = 0; i < text.size(); ++i) {
        std::string other = text;
        other[i] ^= 1;
        CHECK(seen.insert(checksum_of(other)).second);
        CHECK(seen.insert(checksum_of(text.substr(0, i))).second);
    }
    CHECK(seen.insert(checksum_of(text + '\0')).second);
    // Its beginning of 16 bytes has been seen.
    CHECK(seen.insert(checksum_of(std::string("0123456789abcdef") + '\0')).second);
    CHECK(seen.insert(checksum_of("89abcdef01234567ghij")).second);
}

TEST_CASE("two changes do not cancel each other") {
    std::string text(24, 'a');
    const std::uint64_t before = checksum_of(text);
    text[7] = static_cast<char>(text[7] ^ 0x80);
    text[15] = static_cast<char>(text[15] ^ 0x80);
    CHECK(checksum_of(text) != before);
}

TEST_CASE("SHA-256 is SHA-256, and each round depends on the one before") {
    const auto bytes = std::as_bytes(std::span("abc", 3));
    CHECK(hex(sha256(bytes)) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    CHECK(hex(sha256({})) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    std::string again;
    for (const std::byte byte : sha256(bytes))
        again += static_cast<char>(byte);
    again += "abc";
    CHECK(sha256(bytes, 2) == sha256(std::as_bytes(std::span(again))));
    CHECK(sha256(bytes, 3) != sha256(bytes, 2));
}
