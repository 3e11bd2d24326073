// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_file.hpp>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <cerrno>

using coil::ring::simulated_file;

namespace {
struct plain : simulated_file {
    using simulated_file::simulated_file;
    short poll() const noexcept override { return 0; }
};
}  // namespace

TEST_CASE("a file says by its status what may be done with it") {
    CHECK(plain(O_RDONLY).reads());
    CHECK_FALSE(plain(O_RDONLY).writes());
    CHECK_FALSE(plain(O_WRONLY).reads());
    CHECK(plain(O_RDWR).reads());
    CHECK(plain(O_RDWR).writes());
    CHECK_FALSE(plain(O_RDWR | O_PATH).reads());
}

TEST_CASE("what a kind of file does not know is EINVAL") {
    plain f(O_RDWR);
    CHECK(f.read({}, -1, 1) == -EINVAL);
    CHECK(f.write({}, -1, 1) == -EINVAL);
    CHECK_FALSE(f.is_pipe());
    CHECK_FALSE(f.is_on_disk());
}
