// SPDX-License-Identifier: BSL-1.0
// Every spelling of fibers, as application code types it: temporaries, braces and all.
#include "face.hpp"

#include <coil/coil.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

coil::task<counted> carry(counted c) {
    co_await coil::yield();
    co_return c;
}
coil::task<int> fails() {
    co_await coil::yield();
    throw std::runtime_error(words());
}
std::string plain(int depth) {
    if (depth == 0) return coil::await(carry(counted(words(depth)))).text;
    return plain(depth - 1);
}

coil::task<> made() {
    const std::size_t n = co_await coil::fiber([] { return plain(5).size(); });
    CHECK(n == words().size());
    int x = 3;
    const int v = co_await coil::fiber([&] { return x + 1; }, {.stack_size = 64 << 10, .may_move = false});
    CHECK(v == 4);
    counted kept = co_await coil::fiber([] { return counted(words(7)); });
    CHECK(kept.text == words(7));
    auto owning = [text = words(8)] { return coil::await(carry(counted(text))).text; };
    const std::string by_name = co_await coil::fiber(owning);
    CHECK(by_name == words(8));
    const std::string owned = co_await coil::fiber(coil::own(owning));
    CHECK(owned == words(8));
    bool stopped = false;
    try {
        co_await coil::timeout(1ms, coil::fiber([&] { coil::await(coil::sleep_for(1h)); }));
    } catch (const coil::timed_out&) {
        stopped = true;
    }
    CHECK(stopped);
    bool failed = false;
    try {
        co_await coil::fiber([] { return coil::await(fails()); });
    } catch (const std::runtime_error& e) {
        failed = e.what() == words();
    }
    CHECK(failed);
    bool refused = false;
    try {
        co_await coil::fiber([] {}, {.stack_size = -1});
    } catch (const std::invalid_argument&) {
        refused = true;
    }
    CHECK(refused);
}

coil::task<> combined() {
    auto [a, b] = co_await coil::when_all(coil::fiber([] { return plain(1); }), coil::fiber([] { return plain(2); }));
    CHECK(a == b);
    auto r = co_await coil::when_any(coil::fiber([] { return plain(1); }), coil::sleep_for(1h));
    CHECK(r.index() == 0);
    auto h = coil::spawn(coil::fiber([] { return plain(3); }), {.name = "a fiber", .daemon = false});
    const std::string joined = co_await h;
    CHECK(joined == words());
    auto p = coil::spawn_on(coil::pool(), coil::fiber([] { return plain(3); }, {.may_move = true}));
    const std::string from_pool = co_await p;
    CHECK(from_pool == words());
    co_await coil::on_pool(coil::fiber([] { coil::await(coil::yield()); }));
}

// Each kind of await, inside.
void awaits() {
    std::string text = words(1) + "\n";
    auto listener = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0});
    auto client = coil::spawn([](coil::net::endpoint to, std::string what) -> coil::task<> {
        auto s = co_await coil::net::tcp_stream::connect(to);
        co_await s.write(std::as_bytes(std::span(what)));
        co_await s.close();
    }(listener.local_endpoint(), text));
    auto s = coil::await(listener.accept());
    coil::buffered_reader r{s};
    auto line = coil::await(r.read_line());
    CHECK(line && *line == words(1));
    coil::await(s.close());
    coil::await(client);

    coil::await(coil::yield());
    coil::await(coil::sleep_for(1ms));
    CHECK(coil::await(coil::timeout(1s, carry(counted(words(2))))).text == words(2));
    CHECK(coil::await(coil::on_pool([] { return 5; })) == 5);
    CHECK(coil::await(coil::blocking([] { return 6; })) == 6);
    auto [x, y] = coil::await(coil::when_all(carry(counted(words(3))), carry(counted(words(4)))));
    CHECK(x.text == words(3) && y.text == words(4));
    const auto as_value = coil::await(coil::as_result(carry(counted(words(5)))));
    CHECK(as_value && as_value->text == words(5));
    coil::await(coil::with_scope([](coil::scope& sc) -> coil::task<> {
        sc.spawn(carry(counted(words(6))));
        co_return;
    }));
    coil::await(coil::parallel_for(0, 100, [](std::size_t) {}));
    const auto n = coil::await(coil::from_callback<int>([](coil::resolver<int> done) { done.set_value(9); }));
    CHECK(n == 9);
    coil::await(coil::fiber([] { coil::await(coil::yield()); }));
    CHECK(coil::await(coil::shield(carry(counted(words(10))))).text == words(10));
}

coil::task<int> amain() {
    co_await made();
    co_await combined();
    co_await coil::fiber(awaits);
    co_return 7;
}

}  // namespace

int main() {
    CHECK(coil::run(amain()) == 7);
    CHECK(coil::run(coil::fiber([] { return plain(9); })) == words());
    bool refused = false;
    try {
        coil::await(coil::yield());
    } catch (const std::logic_error&) {
        refused = true;
    }
    CHECK(refused);
    CHECK(living.empty());
    std::puts("ok");
}
