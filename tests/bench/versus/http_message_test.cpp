// SPDX-License-Identifier: BSL-1.0
#include "work/http_message.hpp"

#include <doctest/doctest.h>

#include <stdexcept>

using namespace versus;

TEST_CASE("a request is understood once it is whole, and not before") {
    const std::string text = request_text("POST", "/item/7", "some body");
    for (std::size_t length = 0; length < text.size(); ++length) {
        const std::string part = text.substr(0, length);
        CHECK_FALSE(parse_request(part));
    }
    const auto request = parse_request(text);
    REQUIRE(request);
    CHECK(request->method == "POST");
    CHECK(request->target == "/item/7");
    CHECK(request->body == "some body");
}

TEST_CASE("a request without a body needs no length, and a field's name any case") {
    CHECK(parse_request("GET / HTTP/1.1\r\n\r\n")->target == "/");
    CHECK(parse_request("POST / HTTP/1.0\r\nHost: x\r\ncontent-LENGTH:   2\r\n\r\nabc")->body == "ab");
}

TEST_CASE("what is no request is refused") {
    for (const char* text :
         {"nonsense\r\n\r\n", "GET /\r\n\r\n", "GET / FTP/1\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: -4\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 4x\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length:\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 2000000\r\n\r\n",
          "POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n"}) {
        INFO(text);
        CHECK_THROWS_AS((void)parse_request(text), std::runtime_error);
    }
    CHECK_THROWS_AS((void)parse_request(std::string(2'000'000, 'x')), std::runtime_error);
}

TEST_CASE("an answer gives its body, or says what it was instead") {
    CHECK(parse_answer(answer_text(200, "the body")) == "the body");
    CHECK(parse_answer(answer_text(200, "")).empty());
    CHECK_THROWS_WITH_AS((void)parse_answer(answer_text(404, "no")),
                         "HTTP: the server answered \"HTTP/1.1 404 Not Found\"", std::runtime_error);
    const std::string whole = answer_text(200, "the body");
    CHECK_THROWS_AS((void)parse_answer(whole.substr(0, whole.size() - 1)), std::runtime_error);
    CHECK_THROWS_AS((void)parse_answer(""), std::runtime_error);
}
