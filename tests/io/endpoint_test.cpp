// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/endpoint.hpp>

#include <doctest/doctest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <string>
#include <unordered_set>
#include <vector>

using coil::net::endpoint;

TEST_CASE("an endpoint is an address and a port") {
    const endpoint v4("127.0.0.1", 8080);
    CHECK(v4.host() == "127.0.0.1");
    CHECK(v4.port() == 8080);
    CHECK(v4.is_v4());
    CHECK_FALSE(v4.is_v6());
    CHECK(v4.family() == AF_INET);
    CHECK(v4.size() == sizeof(sockaddr_in));

    const endpoint v6("::1", 0);
    CHECK(v6.host() == "::1");
    CHECK(v6.port() == 0);
    CHECK(v6.is_v6());
    CHECK(v6.size() == sizeof(sockaddr_in6));
    CHECK(endpoint("[::1]", 0) == v6);
    CHECK(endpoint("0:0:0:0:0:0:0:1", 0) == v6);
    CHECK(endpoint("fe80::1%2", 1).host() == "fe80::1%2");

    CHECK(endpoint() == endpoint("0.0.0.0", 0));
    CHECK(endpoint::any(81) == endpoint("0.0.0.0", 81));
    static_assert(sizeof(endpoint) <= 32);
    static_assert(std::is_trivially_destructible_v<endpoint>);
}

TEST_CASE("a port is any integer that fits") {
    CHECK(endpoint("127.0.0.1", std::uint16_t{65535}).port() == 65535);
    CHECK(endpoint("127.0.0.1", 65535ULL).port() == 65535);
    const long port = 81;
    const endpoint braces{"127.0.0.1", port};
    CHECK(braces.port() == 81);
    CHECK_THROWS_WITH_AS(endpoint("127.0.0.1", 65536), "endpoint \"127.0.0.1\": the port 65536 is not in 0 to 65535",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS(endpoint("127.0.0.1", -1), "endpoint \"127.0.0.1\": the port -1 is not in 0 to 65535",
                         std::invalid_argument);
}

TEST_CASE("what is no address is refused with a text that says so") {
    for (const std::string text : {"", "localhost", "127.0.0", "127.0.0.1.", "256.0.0.1", "[127.0.0.1]", ":::", "[::1",
                                   " 127.0.0.1", "127.0.0.1%1", "%1"}) {
        CAPTURE(text);
        try {
            endpoint(text, 80);
            FAIL_CHECK("it was taken");
        } catch (const std::invalid_argument& e) {
            CHECK(std::string(e.what()).starts_with("endpoint \"" + text + "\": no IPv4 or IPv6 address"));
        }
    }
    CHECK_THROWS_AS(endpoint(std::string_view("127.0.0.1\0x", 11), 80), std::invalid_argument);
    CHECK_THROWS_AS(endpoint("fe80::1%eth0", 80), std::invalid_argument);
    CHECK_THROWS_AS(endpoint("fe80::1%", 80), std::invalid_argument);
}

TEST_CASE("an endpoint is printed as it is parsed") {
    for (const std::string text : {"127.0.0.1:8080", "[::1]:80", "[fe80::1%3]:1", "0.0.0.0:0"}) {
        CAPTURE(text);
        CHECK(to_string(endpoint::parse(text)) == text);
        std::ostringstream out;
        out << endpoint::parse(text);
        CHECK(out.str() == text);
    }
    for (const char* text : {"", ":", "127.0.0.1", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:8o", "127.0.0.1:-0",
                             "127.0.0.1:70000", "::1:80", "[::1]", "localhost:80"}) {
        CAPTURE(text);
        CHECK_THROWS_AS(endpoint::parse(text), std::invalid_argument);
    }
}

TEST_CASE("endpoints are compared, ordered and hashed") {
    const std::vector<endpoint> ordered = {endpoint("10.0.0.1", 9), endpoint("127.0.0.1", 80), endpoint("127.0.0.1", 443),
                                           endpoint("127.0.0.2", 1), endpoint("::1", 1), endpoint("::2", 0)};
    CHECK(std::is_sorted(ordered.begin(), ordered.end()));
    CHECK(std::adjacent_find(ordered.begin(), ordered.end()) == ordered.end());
    CHECK(endpoint("127.0.0.1", 80) == endpoint::parse("127.0.0.1:80"));
    CHECK(endpoint("127.0.0.1", 80) != endpoint("::ffff:127.0.0.1", 80));
    const std::unordered_set<endpoint> set(ordered.begin(), ordered.end());
    CHECK(set.size() == ordered.size());
    CHECK(set.contains(endpoint("::1", 1)));
}

TEST_CASE("an endpoint is made of what the kernel gives, and of nothing else") {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(7);
    v6.sin6_flowinfo = 99;  // says nothing of where
    v6.sin6_addr.s6_addr[15] = 1;
    CHECK(endpoint::from(reinterpret_cast<const sockaddr*>(&v6), sizeof v6) == endpoint("::1", 7));
    CHECK_THROWS_AS(endpoint::from(reinterpret_cast<const sockaddr*>(&v6), sizeof(sockaddr_in)), std::invalid_argument);

    const endpoint v4("127.0.0.1", 80);
    CHECK(endpoint::from(v4.data(), v4.size()) == v4);

    sockaddr_un local{};
    local.sun_family = AF_UNIX;
    CHECK_THROWS_AS(endpoint::from(reinterpret_cast<const sockaddr*>(&local), sizeof local), std::invalid_argument);
    CHECK_THROWS_AS(endpoint::from(nullptr, 0), std::invalid_argument);
}

TEST_CASE("an endpoint is kept in few bytes") {
    for (const endpoint e : {endpoint(), endpoint("127.0.0.1", 81), endpoint("::", 0), endpoint("fe80::1%7", 65535)}) {
        CHECK(e.kept().size() == (e.is_v4() ? 6 : 26));
        CHECK(endpoint::from_kept(e.kept()) == e);
    }
    CHECK(endpoint::from_kept({}) == endpoint());
    CHECK(endpoint::from_kept(endpoint("1.2.3.4", 5).kept().first(5)) == endpoint());
}
