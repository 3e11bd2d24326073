// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/resolve.hpp>

#include "loopback.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/name_lookup.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <doctest/doctest.h>
#include <netdb.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <ostream>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

using namespace io_test;
using namespace std::chrono_literals;
using coil::net::address_family;
using coil::net::resolve;
using coil::net::resolve_options;

namespace {

std::atomic<int> asked{0}, ended{0};
std::atomic<bool> gate_open{true};
std::thread::id home;
std::atomic<bool> elsewhere{false};
endpoint listening;

// Knows three names.
int fake(const std::string& host, const std::string& service, resolve_options options, std::vector<endpoint>& found) {
    ++asked;
    elsewhere = std::this_thread::get_id() != home;
    while (!gate_open)
        std::this_thread::yield();
    ++ended;
    if (host == "broken") {
        errno = EMFILE;
        return EAI_SYSTEM;
    }
    if (host == "busy") return EAI_AGAIN;
    if (host != "two.test" && host != "here.test") return EAI_NONAME;
    if (service != "http" && std::stoi(service) != listening.port()) return EAI_SERVICE;
    if (host == "two.test" && options.family != address_family::v4) found.emplace_back("2001:db8::1", listening.port());
    if (options.family != address_family::v6) found.emplace_back("127.0.0.1", listening.port());
    return found.empty() ? EAI_ADDRFAMILY : 0;
}

// Outside of the coroutines, where a list in braces does not compile.
template <class... E>
std::vector<endpoint> list(const E&... all) {
    return {all...};
}

struct fake_names {
    fake_names() {
        asked = ended = 0;
        gate_open = true;
        home = std::this_thread::get_id();
    }
    fake_names(const fake_names&) = delete;
    fake_names& operator=(const fake_names&) = delete;
    ~fake_names() { coil::net::set_name_lookup(before); }
    coil::net::name_lookup before = coil::net::set_name_lookup(&fake);
};

}  // namespace

TEST_CASE("an address as text is no matter of a resolver's") {
    const fake_names names;
    coil::run([]() -> task<> {
        CHECK(co_await resolve("127.0.0.1", 80) == list(endpoint("127.0.0.1", 80)));
        CHECK(co_await resolve("::1", "443") == list(endpoint("::1", 443)));
        CHECK(co_await resolve("[::1]", 443) == list(endpoint("::1", 443)));
        CHECK(co_await resolve("10.0.0.1", 0, {.family = address_family::v4}) == list(endpoint("10.0.0.1", 0)));
        auto wrong = co_await coil::as_result(resolve("10.0.0.1", 80, {.family = address_family::v6}));
        REQUIRE_FALSE(wrong.has_value());
        CHECK(wrong.error().message() == "resolve 10.0.0.1: Address family for hostname not supported");
    }());
    CHECK(asked == 0);
}

TEST_CASE("a name is looked up on another thread, and its addresses come in the resolver's order") {
    const fake_names names;
    listening = endpoint("127.0.0.1", 81);
    coil::run([]() -> task<> {
        CHECK(co_await resolve("two.test", 81) == list(endpoint("2001:db8::1", 81), endpoint("127.0.0.1", 81)));
        CHECK(elsewhere);
        CHECK(co_await resolve("two.test", "http", {.family = address_family::v4}) == list(endpoint("127.0.0.1", 81)));
        const auto far = []() -> task<std::size_t> {
            const auto all = co_await resolve("two.test", 81);
            CHECK(coil::pool().here());
            co_return all.size();
        };
        auto h = coil::spawn_on(coil::pool(), far());
        CHECK(co_await h == 2);
    }());
    CHECK(asked == 3);
}

TEST_CASE("what a resolver cannot find is an error that says so") {
    const fake_names names;
    coil::run([]() -> task<> {
        auto none = co_await coil::as_result(resolve("nohost.invalid", 80));
        REQUIRE_FALSE(none.has_value());
        CHECK(none.error().message() == "resolve nohost.invalid: Name or service not known");
        CHECK(none.error().code().category() == coil::net::resolver_category());
        CHECK(none.error().code().value() == EAI_NONAME);
        auto busy = co_await coil::as_result(resolve("busy", 80));
        CHECK(busy.error() == std::errc::resource_unavailable_try_again);
        auto broken = co_await coil::as_result(resolve("broken", 80));
        CHECK(broken.error().message() == "resolve broken: Too many open files");
        CHECK(broken.error() == std::errc::too_many_files_open);
        int bad = 0;
        for (const char* port : {"65536", "-1", "99999999999999"}) {
            try {
                co_await resolve("two.test", port);
            } catch (const std::invalid_argument&) {
                ++bad;
            }
        }
        CHECK(bad == 3);
        for (const std::string& host : {std::string(), std::string("a\0b", 3)}) {
            try {
                co_await resolve(host, 80);
            } catch (const std::invalid_argument&) {
                ++bad;
            }
        }
        CHECK(bad == 5);
    }());
}

TEST_CASE("a lookup that is stopped is abandoned, not waited for; one that is stopped before is not begun") {
    const fake_names names;
    listening = endpoint("127.0.0.1", 81);
    coil::run([]() -> task<> {
        bool refused = false;
        const auto never = [&]() -> task<> {
            coil::this_thread.current->root->cancel("the test says so");
            try {
                co_await resolve("two.test", 81);
            } catch (const coil::cancelled&) {
                refused = true;
            }
        };
        auto n = coil::spawn(never());
        co_await n.join_for(1h);
        CHECK(refused);
        CHECK(asked == 0);

        gate_open = false;
        auto late = co_await coil::as_result(coil::timeout(1ms, resolve("two.test", 81)));
        CHECK(late.error() == std::errc::timed_out);
        CHECK(ended == 0);
        bool stopped = false;
        const auto asks = [&]() -> task<> {
            try {
                co_await tcp_stream::connect("two.test", 81);
            } catch (const coil::cancelled&) {
                stopped = true;
            }
        };
        auto h = coil::spawn(asks());
        co_await until([] { return asked == 2; });
        h.cancel();
        co_await h;
        CHECK(stopped);
        CHECK(ended == 0);
    }());
    gate_open = true;  // only now, after the run: what is found goes to nobody
    while (ended != 2)
        std::this_thread::yield();
}

TEST_CASE("the system knows localhost") {
    coil::run([]() -> task<> {
        auto r = co_await coil::as_result(resolve("localhost", 80));
        if (!r.has_value()) {
            MESSAGE("it does not: ", r.error().message());
            co_return;
        }
        CHECK(std::all_of(r->begin(), r->end(), [](const endpoint& e) { return e.port() == 80; }));
        CHECK(std::all_of(r->begin(), r->end(),
                          [](const endpoint& e) { return e.host() == "127.0.0.1" || e.host() == "::1"; }));
    }());
}

// ---- connecting by name

TEST_CASE("a name is connected to, past the address where nobody is") {
    const fake_names names;
    coil::run([]() -> task<> {
        auto l = listen();
        listening = l.local_endpoint();
        auto [client, server] = co_await coil::when_all(tcp_stream::connect("here.test", listening.port()), l.accept());
        CHECK(client.peer_endpoint() == listening);
        CHECK(server.peer_endpoint() == client.local_endpoint());
        auto direct = co_await tcp_stream::connect("127.0.0.1", listening.port(), {.no_delay = false});
        CHECK_FALSE(direct.no_delay());
        // no way leads to 2001:db8::1, or nobody answers there
        auto far = co_await tcp_stream::connect("two.test", listening.port(), {.attempt_delay = 1ms});
        CHECK(far.peer_endpoint() == listening);
        const auto before = open_descriptors();
        { auto again = co_await tcp_stream::connect("two.test", listening.port(), {.attempt_delay = 0ms}); }
        CHECK(open_descriptors() == before);
        const std::string service = std::to_string(listening.port());
        co_await l.close();
        auto gone = co_await coil::as_result(tcp_stream::connect("here.test", service));
        REQUIRE_FALSE(gone.has_value());
        CHECK(gone.error().message() ==
              "connect here.test:" + service + " at 127.0.0.1:" + service + ": Connection refused");
        auto none = co_await coil::as_result(tcp_stream::connect("nohost.invalid", 80));
        CHECK(none.error().message() == "resolve nohost.invalid: Name or service not known");
    }());
}

TEST_CASE("on the pool the attempts run side by side, and one wins") {
    const fake_names names;
    coil::run([]() -> task<> {
        auto l = listen();
        listening = l.local_endpoint();
        const auto before = open_descriptors();
        const auto far = []() -> task<> {
            for (int i = 0; i < 20; ++i) {
                auto s = co_await tcp_stream::connect("two.test", listening.port(), {.attempt_delay = 0ms});
                CHECK(coil::pool().here());
                CHECK(s.peer_endpoint() == listening);
            }
        };
        auto h = coil::spawn_on(coil::pool(), far());
        for (int i = 0; i < 20; ++i)
            co_await l.accept();
        co_await h;
        CHECK(open_descriptors() <= before + 4);  // threads of the pool may have begun
    }());
}
