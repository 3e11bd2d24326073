// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/rights.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <vector>

using coil::ring::descriptor;
namespace rights = coil::ring::rights;

TEST_CASE("descriptors go through a pair of sockets in lots, under their numbers, and arrive close-on-exec") {
    descriptor sends, receives;
    rights::make_pair(sends, receives);
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    CHECK(rights::send(sends.number(), 7, ends) == 0);
    CHECK(rights::send(sends.number(), 8, {}) == 0);
    ::close(ends[0]);
    std::vector<descriptor> got;
    CHECK(rights::receive(receives.number(), got) == 7);
    REQUIRE(got.size() == 2);
    CHECK((::fcntl(got[0].number(), F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(::write(ends[1], "x", 1) == 1);
    char c = 0;
    CHECK(::read(got[0].number(), &c, 1) == 1);
    CHECK(rights::receive(receives.number(), got) == 8);
    CHECK(got.size() == 2);
    CHECK(rights::receive(receives.number(), got) == 0);
    ::close(ends[1]);
}

TEST_CASE("a lot that is too large, or finds the line full, is an errno") {
    descriptor sends, receives;
    rights::make_pair(sends, receives);
    const std::vector<int> many(300, 0);
    CHECK(rights::send(sends.number(), 7, many) == -EINVAL);
    const std::array<int, 1> one{0};
    long r = 0;
    for (int i = 0; i < 100'000 && r == 0; ++i)
        r = rights::send(sends.number(), 7, one);
    CHECK((r == -EAGAIN || r == -ETOOMANYREFS));
}
