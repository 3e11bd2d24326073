// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/shared_pages.hpp>

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

namespace pages = coil::ring::shared_pages;

TEST_CASE("shared pages are the same memory in two mappings, close-on-exec, and keep their size") {
    const long made = pages::make("test", 5000);
    REQUIRE(made >= 0);
    const int fd = static_cast<int>(made);
    CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
    CHECK(pages::size(fd) == 5000);
    CHECK(::ftruncate(fd, 1) != 0);
    CHECK(::ftruncate(fd, 10'000) != 0);
    auto* const a = static_cast<char*>(pages::map(fd, 5000, true));
    auto* const b = static_cast<char*>(pages::map(fd, 5000, false));
    REQUIRE(a != nullptr);
    REQUIRE(b != nullptr);
    CHECK(b[4999] == 0);
    a[4999] = 'x';
    CHECK(b[4999] == 'x');
    pages::unmap(a, 5000);
    pages::unmap(b, 5000);
    ::close(fd);
}

TEST_CASE("shared pages whose writers are complete can be mapped for reading alone") {
    const int fd = static_cast<int>(pages::make("test", 4096));
    REQUIRE(fd >= 0);
    CHECK(pages::can_write(fd));
    auto* const a = static_cast<char*>(pages::map(fd, 4096, true));
    REQUIRE(pages::forbid_new_writers(fd) == 0);
    CHECK(!pages::can_write(fd));
    CHECK(pages::map(fd, 4096, true) == nullptr);
    a[0] = 'y';
    auto* const b = static_cast<char*>(pages::map(fd, 4096, false));
    CHECK(b[0] == 'y');
    pages::unmap(a, 4096);
    pages::unmap(b, 4096);
    ::close(fd);
}

TEST_CASE("shared pages that cannot be had are an errno, and what could shrink is refused") {
    CHECK(pages::make("test", 0) == -EINVAL);
    CHECK(pages::make("test", std::size_t{1} << 60) == -ENOMEM);
    const int fd = ::memfd_create("unsealed", MFD_CLOEXEC);
    REQUIRE(fd >= 0);
    CHECK(pages::size(fd) == -EBADMSG);
    CHECK(pages::size(-1) == -EBADMSG);
    ::close(fd);
}
