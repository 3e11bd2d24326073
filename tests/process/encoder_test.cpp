// SPDX-License-Identifier: BSL-1.0
#include <coil/process/encoder.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <system_error>

using coil::process::encoder;

namespace {
bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}
}  // namespace

TEST_CASE("an encoder keeps bytes in their order") {
    encoder e;
    e.value(std::uint16_t{0x0102});
    const std::array<std::byte, 2> two{std::byte{7}, std::byte{8}};
    e.bytes(two);
    CHECK(e.message().size() == 4);
    CHECK(e.message()[2] == std::byte{7});
    const auto taken = e.take_message();
    CHECK(taken.size() == 4);
    CHECK(e.message().empty());
}

TEST_CASE("an encoder owns close-on-exec duplicates of descriptors, and the originals stay the caller's") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    int copy = -1;
    {
        encoder e;
        e.descriptor(ends[0]);
        REQUIRE(e.numbers().size() == 1);
        copy = e.numbers()[0];
        CHECK(copy != ends[0]);
        CHECK((::fcntl(copy, F_GETFD) & FD_CLOEXEC) != 0);
    }
    CHECK(!is_open(copy));
    CHECK(is_open(ends[0]));
    {
        encoder e;
        e.descriptor(ends[1]);
        auto taken = e.take_descriptors();
        CHECK(e.numbers().empty());
        CHECK(taken.size() == 1);
    }
    ::close(ends[0]);
    ::close(ends[1]);
}

TEST_CASE("an encoder writes over what it has, and takes back what came last") {
    encoder e;
    e.value(std::uint32_t{0});
    e.value(std::uint32_t{7});
    e.overwrite(0, std::uint32_t{5});
    const std::size_t before = e.message().size();
    e.value(std::uint64_t{1});
    e.shorten(before);
    std::uint32_t both[2]{};
    REQUIRE(e.message().size() == sizeof(both));
    std::memcpy(both, e.message().data(), sizeof(both));
    CHECK(both[0] == 5);
    CHECK(both[1] == 7);
}

TEST_CASE("an encoder names the descriptor that it could not duplicate, and has taken none") {
    encoder e;
    try {
        e.descriptor(-1);
        FAIL("a descriptor that does not exist was taken");
    } catch (const std::system_error& error) {
        CHECK(error.code() == std::errc::bad_file_descriptor);
        CHECK(std::strstr(error.what(), "fd -1") != nullptr);
    }
    CHECK(e.numbers().empty());
}
