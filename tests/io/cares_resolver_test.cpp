// SPDX-License-Identifier: BSL-1.0
// Against a name server of the test's own, on a port that the system chooses.
#include <coil/runtime/io/cares_resolver.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/resume_on.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/io/name_lookup.hpp>
#include <coil/runtime/io/udp_socket.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/run/simulate.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <netdb.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::address_family;
using coil::net::cares_resolver;
using coil::net::cares_settings;
using coil::net::resolve_options;
using coil::net::udp_socket;

namespace {

constexpr std::size_t header_size = 12;
constexpr char type_a = 1, type_aaaa = 28;

// The name that a query asks for, and where the question ends.
std::string name_in(std::string_view query, std::size_t& end) {
    std::string name;
    end = header_size;
    while (end < query.size() && query[end] != 0) {
        const auto size = static_cast<unsigned char>(query[end]);
        if (!name.empty()) name += '.';
        name.append(query.substr(end + 1, size));
        end += size + 1U;
    }
    end += 5;  // the last label, type, class
    return name;
}

// `cut`: 2 says that the whole answer is to be had by TCP.
std::string header(std::string_view query, int code, int answers, int cut = 0) {
    const char rest[] = {char(0x81 | cut), char(0x80 | code), 0, 1, 0, char(answers), 0, 0, 0, 0};
    std::string h(query.substr(0, 2));
    h.append(rest, sizeof rest);
    return h;
}

void add_address(std::string& to, char type, std::string_view bytes) {
    const char record[] = {char(0xC0), char(header_size), 0, type, 0, 1, 0, 0, 0, 60, 0, char(bytes.size())};
    to.append(record, sizeof record);
    to.append(bytes);
}

// What the server says; nothing for what it does not answer.
std::string answer_to(std::string_view query, bool by_tcp = false) {
    using namespace std::string_view_literals;
    std::size_t end = 0;
    const std::string name = name_in(query, end);
    const char type = query[end - 3];
    const std::string question(query.substr(header_size, end - header_size));
    if (name.starts_with("silent")) return {};
    std::string text;
    if (name.starts_with("rubbish")) {
        text.append(query.substr(0, 2));
        text.append(40, 'r');
        return text;
    }
    if (name.starts_with("short")) return text.append(1, 'x');
    if (name.starts_with("long") && !by_tcp) return text.append(header(query, 0, 0, 2)).append(question);
    const bool is_cut = name.starts_with("cut"), is_known = name == "two.test" || name == "long.test";
    const int code = name.starts_with("broken") ? 2 : is_cut || is_known ? 0 : 3;
    text.append(header(query, code, code == 0 ? 1 : 0));
    text.append(question);
    if (is_cut) add_address(text, type, "\x7f");
    if (!is_known) return text;
    if (type == type_a) add_address(text, type, "\x7f\0\0\x01"sv);
    if (type == type_aaaa) add_address(text, type, "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01"sv);
    return text;
}

class name_server {
public:
    name_server() : listener_(listen()), socket_(at_its_port(listener_)) {}
    std::string address() const { return coil::net::to_string(socket_.local_endpoint()); }
    task<> serve() {
        std::array<char, 512> buffer{};
        for (;;) {
            const auto got = co_await socket_.receive_from(buffer);
            ++asked;
            const std::string text = answer_to(std::string_view(buffer.data(), got.size));
            if (text.find("two") != text.npos) ++known_asked;
            if (!text.empty()) co_await socket_.send_to(text, got.from);
        }
    }
    // One client after another, until each has gone.
    task<> serve_streams() {
        for (;;) {
            tcp_stream client = co_await listener_.accept();
            ++clients;
            std::array<char, 512> buffer{};
            bool more = true;
            while (more) {
                auto head = co_await coil::as_result(client.read_exactly(std::span(buffer).first(2)));
                more = head.has_value();
                if (!more) break;
                const auto size = static_cast<unsigned char>(buffer[1]);
                co_await client.read_exactly(std::span(buffer).first(size));
                std::string text = answer_to(std::string_view(buffer.data(), size), true);
                text.insert(0, 1, char(text.size()));
                text.insert(0, 1, '\0');
                co_await client.write(text);
            }
        }
    }
    int asked = 0, known_asked = 0, clients = 0;

private:
    static udp_socket at_its_port(tcp_listener& l) {
        for (int tries = 1;; ++tries) {
            try {
                return udp_socket::bind(l.local_endpoint());
            } catch (const std::system_error&) {
                if (tries == 20) throw;
                l = listen();
            }
        }
    }

    tcp_listener listener_;
    udp_socket socket_;
};

// Beside a server that has all the time in the world.
template <class F>
void beside_a_server(F body) {
    coil::run([](F& run_body) -> task<> {
        name_server server;
        auto served = coil::spawn(server.serve(), {.daemon = true});
        auto served_streams = coil::spawn(server.serve_streams(), {.daemon = true});
        co_await run_body(server);
        served.cancel();
        served_streams.cancel();
        co_await served_streams.join_for(1h);
        co_await served.join_for(1h);
    }(body));
}

cares_settings patient(const std::string& servers) {
    cares_settings s;
    s.servers = servers;
    s.patience = 5min;
    return s;
}

cares_settings hasty(const std::string& servers) {
    cares_settings s;
    s.servers = servers;
    s.patience = 20ms;
    s.tries = 1;
    return s;
}

}  // namespace

TEST_CASE("a name server is asked for addresses of each kind") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const cares_resolver names(patient(at));
        auto all = co_await names.resolve("two.test", 8080);
        std::sort(all.begin(), all.end());
        REQUIRE(all.size() == 2);
        CHECK(all[0] == endpoint("127.0.0.1", 8080));
        CHECK(all[1] == endpoint("::1", 8080));
        const auto four = co_await names.resolve("two.test", "8081", {.family = address_family::v4});
        REQUIRE(four.size() == 1);
        CHECK(four[0] == endpoint("127.0.0.1", 8081));
        const auto six = co_await names.resolve("two.test", 1, {.family = address_family::v6});
        REQUIRE(six.size() == 1);
        CHECK(six[0] == endpoint("::1", 1));
        const int before = server.asked;
        const auto text = co_await names.resolve("127.0.0.2", 7);  // which needs nobody
        REQUIRE(text.size() == 1);
        CHECK(text[0] == endpoint("127.0.0.2", 7));
        CHECK(server.asked == before);
        co_await coil::resume_on(coil::pool());
        CHECK((co_await names.resolve("two.test", 8080)).size() == 2);
        CHECK(coil::pool().here());
    });
}

TEST_CASE("what a name server does not know, or cannot tell, is an error with the name in it") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const cares_resolver names(patient(at));
        auto none = co_await coil::as_result(names.resolve("none.test", 80));
        REQUIRE_FALSE(none.has_value());
        CHECK(none.error().message() == "resolve none.test: Name or service not known");
        CHECK(none.error().code() == std::error_code(EAI_NONAME, coil::net::resolver_category()));
        auto cut = co_await coil::as_result(names.resolve("cut.test", 80));
        REQUIRE_FALSE(cut.has_value());
        CHECK(cut.error().code().category() == coil::net::resolver_category());
        bool refused = false;
        try {
            (void)co_await names.resolve("two.test", 65536);
        } catch (const std::invalid_argument&) {
            refused = true;
        }
        CHECK(refused);
    });
    bool refused = false;
    try {
        const cares_resolver wrong(hasty("no address"));
    } catch (const std::system_error& e) {
        refused = std::string(e.what()).find("name servers no address") != std::string::npos;
    }
    CHECK(refused);
}

TEST_CASE("a name server that is silent, or talks rubbish, is given up in time") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const auto before = open_descriptors();
        const cares_resolver names(hasty(at));
        for (const char* const host : {"silent.test", "short.test", "rubbish.test", "broken.test"}) {
            CAPTURE(host);
            const int asked = server.asked;
            auto r = co_await coil::as_result(names.resolve(host, 80));
            CHECK_FALSE(r.has_value());
            CHECK(server.asked > asked);
            if (std::string_view(host) == "silent.test") CHECK(r.error() == std::errc::timed_out);
        }
        CHECK(open_descriptors() == before);
    });
}

TEST_CASE("a lookup that is stopped is over: no socket stays, and its resolver may be gone") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const auto before = open_descriptors();
        bool refused = false;
        const auto never = [&]() -> task<> {
            const cares_resolver names(patient(at));
            coil::this_thread.current->root->cancel("the test says so");
            try {
                (void)co_await names.resolve("two.test", 80);
            } catch (const coil::cancelled&) {
                refused = true;
            }
        };
        auto n = coil::spawn(never());
        co_await n.join_for(1h);
        CHECK(refused);
        for (int turns = 0; turns < 30; ++turns) {
            const auto looks = [&]() -> task<std::vector<endpoint>> {
                const cares_resolver names(patient(at));
                return names.resolve("silent.test", 80);
            };
            auto h = coil::spawn(looks());
            for (int i = 0; i < turns; ++i)
                co_await coil::yield();
            h.cancel();
            co_await h.join_for(1h);
            CHECK(h.state() == coil::task_state::cancelled);
            CHECK(open_descriptors() == before);
        }
        for (int i = 0; i < 10; ++i)
            co_await coil::yield();
        CHECK(server.known_asked == 0);
        const cares_resolver names(patient(at));
        bool late = false;
        try {
            (void)co_await coil::timeout(1ms, names.resolve("silent.test", 80));
        } catch (const coil::timed_out&) {
            late = true;
        }
        CHECK(late);
        CHECK(open_descriptors() == before);
    });
}

TEST_CASE("many lookups are under way at once, on one thread") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const cares_resolver names(patient(at));
        const auto one = [&](unsigned i) -> task<> {
            const auto all = co_await names.resolve("two.test", i, {.family = address_family::v4});
            REQUIRE(all.size() == 1);
            CHECK(all[0].port() == i);
        };
        std::vector<task<>> all;
        for (unsigned i = 1; i <= 100; ++i)
            all.push_back(one(i));
        co_await coil::when_all(std::move(all));
        CHECK(server.asked >= 100);  // more where the system would have other names tried first
    });
}

TEST_CASE("an answer that is too long for a datagram comes by TCP, in a connection of the lookup's own") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const auto before = open_descriptors();
        const cares_resolver names(patient(at));
        auto all = co_await names.resolve("long.test", 53);
        CHECK(all.size() == 2);
        CHECK(server.clients == 1);
        while (open_descriptors() != before)  // until the server has seen its client go
            co_await coil::yield();
    });
}

TEST_CASE("while one server is silent the next is asked, and both are listened to") {
    beside_a_server([](name_server& server) -> task<> {
        const udp_socket silent = udp_socket::bind(endpoint("127.0.0.1", 0));
        const std::string both = coil::net::to_string(silent.local_endpoint()) + "," + server.address();
        cares_settings s = hasty(both);
        s.tries = 10;  // each with more patience
        const cares_resolver names(s);
        const auto before = open_descriptors();
        CHECK((co_await names.resolve("two.test", 80)).size() == 2);
        CHECK(open_descriptors() == before);
        co_await coil::resume_on(coil::pool());  // where the sockets may be watched by several threads
        for (int i = 0; i < 5; ++i)
            CHECK((co_await names.resolve("two.test", 80)).size() == 2);
    });
}

TEST_CASE("a port is a number or the name of a service, as for the system") {
    beside_a_server([](name_server& server) -> task<> {
        const std::string at = server.address();
        const cares_resolver names(patient(at));
        const resolve_options four{.family = address_family::v4};
        CHECK((co_await names.resolve("two.test", 0, four)).front() == endpoint("127.0.0.1", 0));
        CHECK((co_await names.resolve("two.test", "010", four)).front() == endpoint("127.0.0.1", 10));
        for (const char* const service : {"8x", "no such service", ""}) {
            CAPTURE(service);
            auto none = co_await coil::as_result(names.resolve("two.test", service));
            REQUIRE_FALSE(none.has_value());
            CHECK(none.error().code() == std::error_code(EAI_SERVICE, coil::net::resolver_category()));
        }
        auto known = co_await coil::as_result(names.resolve("two.test", "http", four));
        if (known.has_value()) CHECK(known->front() == endpoint("127.0.0.1", 80));
        else MESSAGE("the system does not know http: ", known.error().message());
    });
}

TEST_CASE("in a simulation a name is looked up as by the system") {
    const auto before = coil::net::set_name_lookup(
        [](const std::string& host, const std::string& service, resolve_options, std::vector<endpoint>& found) {
            if (host != "two.test") return EAI_NONAME;
            found.emplace_back("192.0.2.1", static_cast<unsigned>(std::stoi(service)));
            return 0;
        });
    coil::sim::run(1, []() -> task<> {
        const cares_resolver names(patient("127.0.0.1"));
        auto all = co_await names.resolve("two.test", 80);
        REQUIRE(all.size() == 1);
        CHECK(all[0] == endpoint("192.0.2.1", 80));
    }());
    coil::net::set_name_lookup(before);
}
