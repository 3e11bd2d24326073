// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_endpoint.hpp>

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using coil::net::unix_endpoint;

TEST_CASE("a unix endpoint is a path, an abstract name or nothing") {
    const unix_endpoint path("/run/a.sock");
    CHECK(path.name() == "/run/a.sock");
    CHECK(to_string(path) == "unix:/run/a.sock");
    CHECK_FALSE(path.is_abstract());
    CHECK(path.size() == 2 + 11 + 1);
    const unix_endpoint abstract = unix_endpoint::abstract("a");
    CHECK(abstract.name() == "a");
    CHECK(abstract.is_abstract());
    CHECK(abstract.size() == 2 + 1 + 1);
    CHECK(to_string(abstract) == "unix:@a");
    CHECK(abstract == unix_endpoint(std::string("\0a", 2)));
    CHECK_FALSE(abstract == unix_endpoint("a"));
    const unix_endpoint none;
    CHECK(none.is_unnamed());
    CHECK(none.name().empty());
    CHECK(to_string(none) == "unix:(unnamed)");
}

TEST_CASE("a name that is too long says how long it may be") {
    CHECK(unix_endpoint(std::string(107, 'a')).name().size() == 107);
    CHECK(unix_endpoint::abstract(std::string(107, 'a')).name().size() == 107);
    for (const bool abstract : {false, true}) {
        const std::string name(108, 'a');
        try {
            (void)(abstract ? unix_endpoint::abstract(name) : unix_endpoint(name));
            FAIL("it was taken");
        } catch (const std::system_error& e) {
            CHECK(e.code() == std::errc::filename_too_long);
            CHECK(e.what() ==
                  "unix_endpoint \"" + name + "\" has 108 bytes, a Unix socket's name at most 107: File name too long");
        }
    }
    CHECK_THROWS_AS(unix_endpoint(""), std::invalid_argument);
    CHECK_THROWS_AS(unix_endpoint(std::string("a\0b", 3)), std::invalid_argument);
}

TEST_CASE("what the kernel tells is taken, whatever its length") {
    for (const unix_endpoint& e :
         {unix_endpoint(), unix_endpoint("/x"), unix_endpoint::abstract(std::string("a\0b", 3)),
          unix_endpoint(std::string(107, 'z'))})
        CHECK(unix_endpoint::from(e.data(), e.size()) == e);
    sockaddr_un full{};
    full.sun_family = AF_UNIX;
    std::string(108, 'q').copy(full.sun_path, 108);  // without a zero at its end, as the kernel allows
    const auto e = unix_endpoint::from(reinterpret_cast<const sockaddr*>(&full), sizeof full);
    CHECK(e.name() == std::string(108, 'q'));
    CHECK(unix_endpoint::from(nullptr, 0).is_unnamed());
    sockaddr other{};
    other.sa_family = AF_INET;
    CHECK_THROWS_AS(unix_endpoint::from(&other, sizeof other), std::invalid_argument);
}

TEST_CASE("a unix endpoint is kept in as many bytes as its name has") {
    const unix_endpoint longest = unix_endpoint::abstract(std::string(107, '\0'));
    for (const unix_endpoint& e : {unix_endpoint(), unix_endpoint("/a"), unix_endpoint::abstract("a"), longest})
        CHECK(unix_endpoint::from_kept(e.kept()) == e);
    CHECK(unix_endpoint().kept().empty());
    CHECK(unix_endpoint("/a").kept().size() == 3);
    const std::vector<std::byte> too_much(1000);
    CHECK(unix_endpoint::from_kept(too_much) == longest);
}
