// SPDX-License-Identifier: BSL-1.0
// Listens on 127.0.0.1 through a side, on a port that the system chooses.
#pragma once
#include <coil/runtime/ring/call.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace ring_test {

struct listener {
    explicit listener(coil::ring::ring& r, int flags = 0)
        : ring(r), fd(static_cast<int>(r.now(coil::ring::call::socket(AF_INET, SOCK_STREAM | flags, 0)))) {
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        REQUIRE(r.now(coil::ring::call::bind(fd, generic(), sizeof address)) == 0);
        REQUIRE(r.now(coil::ring::call::listen(fd, 8)) == 0);
        unsigned size = sizeof address;
        REQUIRE(r.now(coil::ring::call::getsockname(fd, generic(), &size)) == 0);
    }
    listener(const listener&) = delete;
    listener& operator=(const listener&) = delete;
    ~listener() { ring.close(fd); }
    sockaddr* generic() { return reinterpret_cast<sockaddr*>(&address); }

    coil::ring::ring& ring;
    int fd;
    sockaddr_in address{};
};

}  // namespace ring_test
