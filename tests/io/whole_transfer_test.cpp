// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/whole_transfer.hpp>

#include "scripted_ring.hpp"

#include <coil/runtime/ring/descriptor.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <cstddef>

namespace {

class probe : public coil::whole_transfer {
public:
    probe(coil::ring::descriptor& d, std::size_t size) : whole_transfer(table, d, size, coil::place::current()) {}
    using whole_transfer::done;
    using whole_transfer::goes_on;
    using whole_transfer::left;
    using whole_transfer::size;
    using whole_transfer::tried;
    using whole_transfer::value;

private:
    static constexpr coil::ring::operation_table table =
        kind("probe", coil::ring::purpose::other, coil::ring::trial::never, nullptr);
};

}  // namespace

TEST_CASE("a whole transfer counts what each entry moved, and goes on until nothing is left") {
    io_test::scripted_ring r;
    coil::ring::descriptor d(7, &r);
    probe p(d, 10);
    CHECK(p.size() == 10);
    CHECK(p.left() == 10);
    CHECK(probe::goes_on(p, 4));
    CHECK(p.done() == 4);
    CHECK(p.left() == 6);
    CHECK(probe::goes_on(p, 5));
    CHECK_FALSE(probe::goes_on(p, 1));
    CHECK(p.left() == 0);
    CHECK(p.value(1) == 10);
}

TEST_CASE("a whole transfer ends at an error and at the end, and an interruption is neither") {
    io_test::scripted_ring r;
    coil::ring::descriptor d(7, &r);
    probe p(d, 10);
    CHECK(probe::goes_on(p, 3));
    CHECK(probe::goes_on(p, -EINTR));
    CHECK_FALSE(probe::goes_on(p, -EIO));
    CHECK_FALSE(probe::goes_on(p, 0));
    CHECK(p.done() == 3);
}

TEST_CASE("a try that moved a part leaves the rest to the ring") {
    io_test::scripted_ring r;
    coil::ring::descriptor d(7, &r);
    probe part(d, 10);
    CHECK(probe::tried(part, 4) == -EAGAIN);
    CHECK(part.left() == 6);
    probe whole(d, 10);
    CHECK(probe::tried(whole, 10) == 10);
    CHECK(whole.left() == 0);
    probe failed(d, 10);
    CHECK(probe::tried(failed, -EPIPE) == -EPIPE);
    CHECK(probe::tried(failed, 0) == 0);
    CHECK(failed.left() == 10);
}
