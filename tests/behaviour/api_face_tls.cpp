// SPDX-License-Identifier: BSL-1.0
// One use of every spelling of TLS that application code types.
#include "face.hpp"

#include "../io/certificates.hpp"

#include <coil/coil.hpp>
#include <coil/runtime/async/suppressed.hpp>

#include <array>
#include <cstdint>
#include <exception>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

using namespace std::chrono_literals;

namespace {

coil::task<> server_of_two(coil::net::tcp_listener& l, const coil::net::tls_context& context) {
    co_await coil::net::serve(l, [&](coil::net::tcp_stream tcp) -> coil::task<> {
        auto s = co_await coil::timeout(10s, coil::net::tls_stream::server(std::move(tcp), context));
        CHECK(s.alpn() == "words" && !s.version().empty() && !s.cipher().empty());
        coil::buffered_reader r{s};
        auto line = co_await r.read_line();
        while (line) {
            co_await s.write(*line + ", " + words() + "\n");
            line = co_await r.read_line();
        }
        co_await s.close();
    });
}

coil::task<> amain() {
    const io_test::certificates& all = io_test::certificates::made();
    const std::string own = all.path("server.pem"), key = all.path("server.key"), other = all.path("other.pem"),
                      other_key = all.path("other.key");
    coil::net::tls_context serving = coil::net::tls_context::server({.certificate = own, .key = key, .alpn = "words"});
    serving.add_name("other.test", other, other_key);
    coil::net::tls_context trusting = coil::net::tls_context::client({.ca = all.path("ca.pem"), .alpn = "words,http/1.1"});

    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0});
    auto server = coil::spawn(server_of_two(l, serving), {.daemon = true});
    const auto port = l.local_endpoint().port();

    auto s = co_await coil::net::tls_stream::connect("127.0.0.1", port, {.context = &trusting});
    CHECK(s.peer_endpoint() == l.local_endpoint());
    CHECK(s.peer_subject() == "CN=server.test");
    co_await s.write(words(1) + "\n");
    coil::buffered_reader r{s};
    auto line = co_await r.read_line();
    CHECK(line == words(1) + ", " + words());
    co_await s.shutdown_write();
    std::array<char, 1> one;
    CHECK(co_await s.read(one) == 0);
    co_await s.close();

    s = co_await coil::net::tls_stream::connect("127.0.0.1", std::to_string(port), {.context = &trusting, .name = "other.test"});
    CHECK(s.peer_subject() == "CN=other.test");
    co_await s.close();

    auto tcp = co_await coil::net::tcp_stream::connect(l.local_endpoint());
    auto refused = co_await coil::as_result(coil::net::tls_stream::client(std::move(tcp), trusting, "elsewhere.test"));
    CHECK(!refused.has_value() && refused.error() == coil::net::tls_errc::wrong_name);
    co_await l.close();
    co_await server;
}

}  // namespace

int main() {
    // the server's end of the client that refused
    coil::set_suppressed_hook([](std::exception_ptr, std::string_view, std::uint64_t) noexcept {});
    coil::run(amain());
}
