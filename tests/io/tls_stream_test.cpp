// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/tls_stream.hpp>

#include "tls_results.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/buffered_reader.hpp>
#include <coil/runtime/io/copy.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>

#include <openssl/ssl.h>

#include <array>
#include <chrono>
#include <stdexcept>
#include <string>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace {

// How both sides of a handshake end.
struct endings {
    endings(ending c, ending s, std::string n) : client(std::move(c)), server(std::move(s)), names(std::move(n)) {}
    ending client, server;
    std::string names;  // of the peer, as the client calls it
};
task<endings> disagreed(const tls_context& client, const tls_context& server, std::string host = "server.test") {
    both_ends tcp = co_await connected();
    const std::string peer = host + " (" + to_string(tcp.client.peer_endpoint()) + ")";
    auto at_server = coil::spawn(ending_of(tls_stream::server(std::move(tcp.server), server)));
    ending c, s;
    {
        auto made = co_await coil::as_result(tls_stream::client(std::move(tcp.client), client, host));
        if (!made.has_value()) {
            c = ending(made.error().code(), made.error().message());
            s = co_await at_server;
        } else {
            // with TLS 1.3 the client is done before the server has judged it
            s = co_await at_server;
            std::array<char, 1> one;
            auto r = co_await coil::as_result(made->read(one));
            if (!r.has_value()) c = ending(r.error().code(), r.error().message());
        }
    }
    co_return endings(c, s, peer);
}

}  // namespace

TEST_CASE("two ends agree, and what one writes the other reads") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        CHECK(two.client.is_open());
        CHECK(two.client.native_handle() >= 0);
        CHECK(two.client.version() == "TLSv1.3");
        CHECK(two.client.cipher() == two.server.cipher());
        CHECK(two.client.cipher().starts_with("TLS_"));
        CHECK(two.client.alpn().empty());
        CHECK(two.server.server_name() == "server.test");
        CHECK(two.client.peer_subject() == "CN=server.test");
        CHECK(two.client.peer_certificate().starts_with("-----BEGIN CERTIFICATE-----"));
        CHECK(two.server.peer_subject().empty());
        CHECK(two.server.peer_certificate().empty());
        CHECK(two.client.peer_endpoint().host() == "127.0.0.1");

        CHECK(co_await two.client.write("ping") == 4);
        std::array<char, 4> four;
        CHECK(co_await two.server.read_exactly(four) == 4);
        CHECK(std::string(four.data(), 4) == "ping");
        CHECK(co_await two.server.write("pong!") == 5);
        CHECK(co_await two.client.read(four) == 4);
        CHECK(std::string(four.data(), 4) == "pong");
        CHECK(co_await two.client.read(four) == 1);
        CHECK(co_await two.client.read(coil::byte_span()) == 0);
        CHECK(co_await two.client.write("") == 0);
    }());
}

TEST_CASE("where one side closes, the other reads to the end, and may still write") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        co_await two.client.write("the question");
        co_await two.client.shutdown_write();
        co_await two.client.shutdown_write();  // once more is nothing
        CHECK(co_await read_all(two.server) == "the question");
        CHECK(co_await read_all(two.server) == "");  // the end stays the end
        co_await two.server.write("the answer");
        co_await two.server.close();
        CHECK_FALSE(two.server.is_open());
        CHECK(co_await read_all(two.client) == "the answer");
        const ending late = co_await ending_of(two.client.write("more"));
        CHECK(late.code == std::errc::broken_pipe);
        CHECK(late.text.starts_with("write server.test ("));
        co_await two.client.close();
        co_await two.client.close();  // of an empty one: nothing
        const ending closed = co_await ending_of(two.client.write("more"));
        CHECK(closed.code == std::errc::bad_file_descriptor);
        std::array<char, 4> four;
        auto r = co_await coil::as_result(two.client.read(four));
        REQUIRE_FALSE(r.has_value());
        CHECK(r.error() == std::errc::bad_file_descriptor);
        CHECK_THROWS_AS(static_cast<void>(two.client.peer_endpoint()), std::logic_error);
    }());
}

TEST_CASE("a connection that ends unannounced is an error, never an end") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        co_await two.server.write("most of i");
        two.server = tls_stream();  // destroyed, not closed: as when an exception passes
        std::array<char, 9> nine;
        CHECK(co_await two.client.read(nine) == 9);
        const ending e = co_await ending_of(read_all(two.client));
        CHECK(e.code == tls_errc::truncated);
        CHECK(e.text == "read server.test (" + to_string(two.client.peer_endpoint()) + "): the stream ended unannounced");
        const ending again = co_await ending_of(two.client.read_exactly(nine));
        CHECK(again.code == tls_errc::truncated);
    }());
}

TEST_CASE("read_exactly says when the stream ends before it is full") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        co_await two.server.write("four");
        co_await two.server.close();
        std::array<char, 9> nine;
        try {
            co_await two.client.read_exactly(nine);
            FAIL("there were four");
        } catch (const coil::transfer_error& e) {
            CHECK(e.code() == std::errc::no_message_available);
            CHECK(e.transferred() == 4);
        }
    }());
}

TEST_CASE("who is not trusted is refused, and told so") {
    const certificates& all = certificates::made();
    const std::string self = all.path("self.pem"), self_key = all.path("self.key");
    const tls_context trusting = client_context(), of_the_system = tls_context::client(),
                      careless = client_context({.verify = false}), good = server_context(),
                      self_signed = server_context({.certificate = self, .key = self_key});
    const auto body = [&]() -> task<> {
        endings e = co_await disagreed(trusting, self_signed);
        CHECK(e.client.code == tls_errc::certificate_refused);
        CHECK(e.client.text == "connect " + e.names + ", self-signed certificate: the peer's certificate is not trusted");
        CHECK(e.server.code == tls_errc::refused_by_peer);
        CHECK(e.server.text.find("alert") != std::string::npos);
        // nor is the test's authority one that the system trusts
        e = co_await disagreed(of_the_system, good);
        CHECK(e.client.code == tls_errc::certificate_refused);
        tls_ends two = co_await agreed(careless, self_signed);
        co_await two.client.write("to whomever");
        // without a name there is nothing to check
        both_ends tcp = co_await connected();
        CHECK_THROWS_AS(co_await tls_stream::client(std::move(tcp.client), trusting, ""), std::invalid_argument);
        tls_ends nameless = co_await agreed(careless, good, "");
        CHECK(nameless.server.server_name().empty());
    };
    coil::run(body());
}

TEST_CASE("a certificate is good for the hosts that it names") {
    const tls_context client = client_context(), server = server_context();
    const auto body = [&]() -> task<> {
        endings e = co_await disagreed(client, server, "elsewhere.test");
        CHECK(e.client.code == tls_errc::wrong_name);
        CHECK(e.client.text == "connect " + e.names + ", hostname mismatch: the peer's certificate is another host's");
        CHECK(e.server.code == tls_errc::refused_by_peer);
        e = co_await disagreed(client, server, "127.0.0.2");
        CHECK(e.client.code == tls_errc::wrong_name);
        for (const char* name : {"server.test", "SERVER.test", "server.test.", "localhost", "127.0.0.1"}) {
            tls_ends two = co_await agreed(client, server, name);
            CHECK(two.client.is_open());
        }
    };
    coil::run(body());
}

TEST_CASE("a server has several names") {
    const certificates& all = certificates::made();
    tls_context server = server_context({.alpn = "h2,http/1.1"});
    server.add_name("other.test", all.path("other.pem"), all.path("other.key"));
    server.add_name("*.Wild.test", all.path("wild.pem"), all.path("wild.key"));
    const tls_context client = client_context({.alpn = "http/1.1,h2"});
    const auto body = [&]() -> task<> {
        for (const char* name : {"other.test", "Other.Test", "a.wild.test", "server.test"}) {
            tls_ends two = co_await agreed(client, server, name);
            const std::string subject = name == "server.test"s ? "CN=server.test" : name[1] == '.' ? "CN=wild.test" : "CN=other.test";
            CHECK(two.client.peer_subject() == subject);
            CHECK(two.client.alpn() == "h2");  // the server's best
            CHECK(two.server.alpn() == "h2");
        }
        const endings e = co_await disagreed(client, server, "a.b.wild.test");
        CHECK(e.client.code == tls_errc::wrong_name);
    };
    coil::run(body());
}

TEST_CASE("a client with none of the server's protocols is refused; one that names none is not") {
    const tls_context server = server_context({.alpn = "h2"}), other = client_context({.alpn = "smtp"}), silent = client_context();
    const auto body = [&]() -> task<> {
        const endings e = co_await disagreed(other, server);
        CHECK(e.client.code == tls_errc::refused_by_peer);
        CHECK(e.server.code == tls_errc::protocol);
        tls_ends two = co_await agreed(silent, server);
        CHECK(two.client.alpn().empty());
    };
    coil::run(body());
}

TEST_CASE("a server that asks for certificates refuses clients without a good one") {
    const certificates& all = certificates::made();
    const std::string ca = all.path("ca.pem"), own = all.path("client.pem"), own_key = all.path("client.key"),
                      self = all.path("self.pem"), self_key = all.path("self.key");
    const tls_context server = server_context({.client_ca = ca}), known = client_context({.certificate = own, .key = own_key}),
                      unknown = client_context(), foreign = client_context({.certificate = self, .key = self_key});
    const auto body = [&]() -> task<> {
        tls_ends two = co_await agreed(known, server);
        CHECK(two.server.peer_subject() == "CN=client.test");
        endings e = co_await disagreed(unknown, server);
        CHECK(e.server.code == tls_errc::certificate_refused);
        CHECK(e.client.code == tls_errc::refused_by_peer);
        e = co_await disagreed(foreign, server);
        CHECK(e.server.code == tls_errc::certificate_refused);
        CHECK(e.client.code == tls_errc::refused_by_peer);
    };
    coil::run(body());
}

TEST_CASE("the oldest version that both speak is kept to") {
    const tls_context new_server = server_context({.oldest = coil::net::tls_version::v1_3}), client = client_context();
    const auto body = [&]() -> task<> {
        tls_ends two = co_await agreed(client, new_server);
        CHECK(two.client.version() == "TLSv1.3");
        // a client that knows nothing newer than 1.2: there is no option for that
        both_ends tcp = co_await connected();
        auto at_server = coil::spawn(ending_of(tls_stream::server(std::move(tcp.server), new_server)));
        SSL_CTX_set_max_proto_version(SSL_get_SSL_CTX(two.client.native_session()), TLS1_2_VERSION);
        const ending e = co_await ending_of(tls_stream::client(std::move(tcp.client), client, "server.test"));
        CHECK(e.code == tls_errc::refused_by_peer);
        const ending s = co_await at_server;
        CHECK(s.code == tls_errc::protocol);
        // and with a server that does
        const tls_context both = server_context();
        tls_ends older = co_await agreed(client, both);
        CHECK(older.client.version() == "TLSv1.2");
        co_await older.client.write("as ever");
        co_await older.client.close();
        CHECK(co_await read_all(older.server) == "as ever");
    };
    coil::run(body());
}

TEST_CASE("contexts are not mixed up, and nothing is made of nothing") {
    const tls_context client = client_context(), server = server_context();
    const auto body = [&]() -> task<> {
        both_ends tcp = co_await connected();
        CHECK_THROWS_AS(co_await tls_stream::client(std::move(tcp.client), server, "x"), std::invalid_argument);
        CHECK_THROWS_AS(co_await tls_stream::server(std::move(tcp.server), client), std::invalid_argument);
        CHECK_THROWS_AS(co_await tls_stream::server(tcp_stream(), server), std::invalid_argument);
    };
    coil::run(body());
}

TEST_CASE("a peer that speaks something else is an error of both") {
    const tls_context client = client_context(), server = server_context();
    const auto body = [&]() -> task<> {
        both_ends tcp = co_await connected();
        co_await tcp.client.write("GET / HTTP/1.0\r\n\r\n");
        const ending e = co_await ending_of(tls_stream::server(std::move(tcp.server), server));
        CHECK(e.code == tls_errc::protocol);
        CHECK(e.text.find("http request") != std::string::npos);

        both_ends second = co_await connected();
        co_await second.server.write("220 here is a mail server\r\n");
        const ending f = co_await ending_of(tls_stream::client(std::move(second.client), client, "server.test"));
        CHECK(f.code == tls_errc::protocol);

        both_ends third = co_await connected();
        co_await third.server.close();
        const ending g = co_await ending_of(tls_stream::client(std::move(third.client), client, "server.test"));
        CHECK((g.code == tls_errc::truncated || g.code == std::errc::connection_reset || g.code == std::errc::broken_pipe));
    };
    coil::run(body());
}

TEST_CASE("both directions are busy at once, also from several threads") {
    const auto body = []() -> task<> {
        const std::string there = pattern(1 << 20), back = pattern((1 << 20) + 77);
        tls_ends two = co_await agreed();
        const auto writes = [](tls_stream& s, const std::string& text) -> task<> {
            co_await s.write(text);
            co_await s.shutdown_write();
        };
        auto a = coil::spawn_on(coil::pool(), writes(two.client, there));
        auto b = coil::spawn_on(coil::pool(), writes(two.server, back));
        auto c = coil::spawn_on(coil::pool(), read_all(two.client));
        auto d = coil::spawn(read_all(two.server));
        CHECK(co_await d == there);
        CHECK(co_await c == back);
        co_await a;
        co_await b;
    };
    coil::run(body(), {.pool_size = 2});
}

TEST_CASE("new keys are made in the middle, and answered though the peer only reads") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        std::array<char, 4> four;
        for (int i = 0; i < 20; ++i) {
            CHECK(SSL_key_update(two.client.native_session(), SSL_KEY_UPDATE_REQUESTED) == 1);
            co_await two.client.write("keys");
            co_await two.server.read_exactly(four);
            if (i % 3 == 0) {
                co_await two.server.write("more");
                co_await two.client.read_exactly(four);
            }
        }
        co_await two.server.write("last");
        CHECK(co_await two.client.read_exactly(four) == 4);
        CHECK(std::string(four.data(), 4) == "last");
    }());
}

TEST_CASE("lines, copies and codecs work over TLS as over any stream") {
    coil::run([]() -> task<> {
        tls_ends two = co_await agreed();
        co_await two.client.write("one\r\ntwo\nthree");
        co_await two.client.shutdown_write();
        coil::buffered_reader in{two.server};
        std::vector<std::string> lines;
        auto line = co_await in.read_line();
        while (line) {
            lines.push_back(*line);
            line = co_await in.read_line();
        }
        CHECK(lines == std::vector<std::string>{"one", "two", "three"});

        tls_ends far = co_await agreed();
        auto proxy = coil::spawn(coil::copy_and_end(far.server, two.server, {}));
        co_await far.client.write("by way of a proxy");
        co_await far.client.shutdown_write();
        CHECK(co_await proxy == 17);
        CHECK(co_await read_all(two.client) == "by way of a proxy");
    }());
}

TEST_CASE("TLS goes over Unix sockets too") {
    const tls_context client = client_context(), server = server_context();
    const auto body = [&]() -> task<> {
        using coil::net::unix_tls_stream;
        auto pair = coil::net::unix_stream::pair();
        auto [c, s] = co_await coil::when_all(unix_tls_stream::client(std::move(pair.first), client, "server.test"),
                                              unix_tls_stream::server(std::move(pair.second), server));
        co_await c.write("near");
        std::array<char, 4> four;
        CHECK(co_await s.read_exactly(four) == 4);
        co_await c.close();
        CHECK(co_await s.read(four) == 0);
    };
    coil::run(body());
}

TEST_CASE("connect takes a host and a port") {
    const tls_context client = client_context({.alpn = "x"}), server = server_context({.alpn = "x"});
    const auto body = [&]() -> task<> {
        tcp_listener l = listen();
        const auto answers = [&]() -> task<> {
            for (int i = 0; i < 2; ++i) {
                tcp_stream tcp = co_await l.accept();
                tls_stream s = co_await tls_stream::server(std::move(tcp), server);
                co_await s.write("hello");
                co_await s.close();
            }
        };
        auto at_server = coil::spawn(answers());
        tls_stream s = co_await tls_stream::connect("127.0.0.1", l.local_endpoint().port(), {.context = &client});
        CHECK(co_await read_all(s) == "hello");
        CHECK(s.alpn() == "x");
        s = co_await tls_stream::connect("127.0.0.1", std::to_string(l.local_endpoint().port()),
                                         {.context = &client, .name = "server.test"});
        CHECK(co_await read_all(s) == "hello");
        co_await at_server;
        // with whom the system trusts alone, it is refused
        const auto refuses = [&]() -> task<> {
            tcp_stream tcp = co_await l.accept();
            const ending e = co_await ending_of(tls_stream::server(std::move(tcp), server));
            CHECK(e.code == tls_errc::refused_by_peer);
        };
        auto second = coil::spawn(refuses());
        const ending e = co_await ending_of(tls_stream::connect("127.0.0.1", l.local_endpoint().port()));
        CHECK(e.code == tls_errc::certificate_refused);
        co_await second;
    };
    coil::run(body());
}
