// SPDX-License-Identifier: BSL-1.0
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <system_error>

using coil::process::decoder;
using coil::process::encoder;

namespace {
bool is_open(int fd) {
    return ::fcntl(fd, F_GETFD) >= 0;
}
template <class F>
bool is_bad_message(F f) {
    try {
        f();
    } catch (const std::system_error& e) {
        return e.code() == std::errc::bad_message;
    }
    return false;
}
}  // namespace

TEST_CASE("a decoder reads what an encoder wrote, in its order") {
    encoder e;
    e.value(42);
    e.value(std::uint64_t{7});
    e.value('x');
    decoder d(e.message());
    CHECK(d.value<int>() == 42);
    CHECK(d.left() == 9);
    CHECK(d.value<std::uint64_t>() == 7);
    CHECK(d.view(1)[0] == std::byte{'x'});
    CHECK(d.left() == 0);
}

TEST_CASE("a decoder takes nothing of a message that is too short") {
    encoder e;
    e.value(42);
    decoder d(e.message());
    CHECK(is_bad_message([&] { d.value<std::uint64_t>(); }));
    CHECK(d.value<int>() == 42);
    std::array<std::byte, 1> one;
    CHECK(is_bad_message([&] { d.bytes(one); }));
    CHECK(is_bad_message([&] { d.descriptor(); }));
}

TEST_CASE("a decoder hands descriptors over in their order and closes what nobody took") {
    int ends[2];
    REQUIRE(::pipe(ends) == 0);
    encoder e;
    e.descriptor(ends[0]);
    e.descriptor(ends[1]);
    ::close(ends[0]);
    ::close(ends[1]);
    const int first = e.numbers()[0], second = e.numbers()[1];
    {
        decoder d({}, e.take_descriptors());
        CHECK(d.descriptors_left() == 2);
        CHECK(d.descriptor() == first);
        CHECK(d.descriptors_left() == 1);
    }
    CHECK(is_open(first));
    CHECK(!is_open(second));
    ::close(first);
}
