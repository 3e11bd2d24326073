// SPDX-License-Identifier: BSL-1.0
// One use of every spelling that application code types, as it would be typed: temporaries, braces and all. `counted`
// shows every value that is destroyed twice or never; the sanitized builds show the rest.
#include "face.hpp"

#include <coil/coil.hpp>
#include <coil/runtime/ring/op.hpp>

#include <array>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <numeric>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

coil::task<int> answer() {
    co_return 42;
}
coil::task<int> work(int x) {
    co_await coil::yield();
    co_return x;
}
coil::task<counted> carry(counted c) {
    co_await coil::yield();
    co_return c;
}
coil::task<> nothing() {
    co_return;
}
coil::task<int> fails() {
    co_await coil::yield();
    throw std::system_error(std::make_error_code(std::errc::connection_reset), words());
}
coil::task<long> fib(int n) {
    if (n < 2) co_return n;
    auto [a, b] = co_await coil::when_all(fib(n - 1), fib(n - 2));
    co_return a + b;
}
coil::generator<int> count_up(int n) {
    for (int i = 0; i < n; ++i)
        co_yield i;
}
coil::async_generator<counted> texts(int n) {
    for (int i = 0; i < n; ++i)
        co_yield counted(words(i));
}

coil::task<> spawned() {
    int x = 3;
    auto h = coil::spawn(work(x), {.name = "worker 1", .daemon = false});
    auto named = coil::spawn(work(x), {.name = std::string("worker ") + words()});
    CHECK(named.name().size() > 20);
    int v = co_await h;
    CHECK(v == 3);
    bool ended = co_await named.join_for(5s);
    CHECK(ended);
    h.cancel();
    h.cancel("why");
    CHECK(h.done() && h.id() != 0);
    std::cout << h.state() << " " << h.name() << "\n";
    CHECK(co_await coil::spawn(work(5), {.name = words()}) == 5);
    CHECK((co_await coil::spawn(carry(counted(words(1))), {.name = words()})).text == words(1));
    CHECK(co_await coil::spawn(work(5)).join_for(5s));
    (void)coil::this_task::id();
    (void)coil::this_task::name();
    (void)coil::this_task::stop_token();
    coil::this_task::check_stop();
    coil::work_guard guard;
}

coil::task<> scopes() {
    int ran = 0;
    counted local(words(2));
    co_await coil::with_scope([&](coil::scope& s) -> coil::task<> {
        s.spawn([](int& n, counted c) -> coil::task<> {
            co_await coil::yield();
            n += static_cast<int>(c.text.size() > 20);
        }(ran, local));
        s.spawn(carry(counted(words(3))), {.name = words(4)});
        auto inner = s.spawn(work(1));
        ran += co_await inner;
        ran += co_await s.spawn(work(1), {.name = words(5)});
        co_return;
    });
    CHECK(ran == 3);
    auto body = [&, own = counted(words())](coil::scope& s) -> coil::task<> {
        s.spawn(work(static_cast<int>(own.text.size())));
        ++ran;
        co_return;
    };
    co_await coil::with_scope(body);
    CHECK(ran == 4);
    coil::scope member;
    member.spawn(work(1));
    co_await member.close();
}

coil::task<> together() {
    auto [a, b] = co_await coil::when_all(work(1), carry(counted(words(6))));
    CHECK(a == 1 && b.text == words(6));
    auto [c, d] = co_await coil::when_all(nothing(), answer());
    (void)c;
    CHECK(d == 42);
    std::vector<coil::task<counted>> many;
    for (int i = 0; i < 20; ++i)
        many.push_back(carry(counted(words(i))));
    auto all = co_await coil::when_all(std::move(many), {.max_in_flight = 16});
    CHECK(all.size() == 20 && all[19].text == words(19));
    std::vector<coil::task<>> voids;
    voids.push_back(nothing());
    co_await coil::when_all(std::move(voids));
    auto r = co_await coil::when_any(carry(counted(words(7))), coil::sleep_for(10s));
    CHECK(r.index() == 0 && std::get<0>(r).text == words(7));
    if (auto q = co_await coil::when_any(work(1), work(2)); q.index() == 0) CHECK(std::get<0>(q) == 1);
    auto outcomes = co_await coil::settle(work(1), fails());
    CHECK(std::get<0>(outcomes).has_value() && !std::get<1>(outcomes).has_value());
}

coil::task<> bounded() {
    auto t = co_await coil::timeout(5s, carry(counted(words(8))));
    CHECK(t.text == words(8));
    co_await coil::timeout(10s, coil::sleep_for(1ms));
    bool over = false;
    try {
        co_await coil::timeout(1ms, coil::sleep_for(10s));
    } catch (const coil::timed_out& e) {
        over = e.code() == std::errc::timed_out;
    }
    CHECK(over);
    CHECK(co_await coil::timeout(10s, coil::shield(coil::timeout(10s, work(9)))) == 9);
    auto by_name = coil::spawn(work(10));
    CHECK(co_await coil::timeout(10s, by_name) == 10);
    auto moved = coil::spawn(work(11));
    CHECK(co_await coil::shield(std::move(moved)) == 11);
    auto in_time = co_await coil::move_on_after(10s, work(12));
    CHECK(in_time && *in_time == 12);
    CHECK(!co_await coil::move_on_after(1ms, coil::sleep_for(10s)));
    auto ok = co_await coil::as_result(carry(counted(words(9))));
    CHECK(ok.has_value() && (*ok).text == words(9) && ok->text == words(9));
    auto bad = co_await coil::as_result(fails());
    CHECK(!bad.has_value() && bad.error() == std::errc::connection_reset && bad.error() != std::errc::timed_out);
    if (auto nested = co_await coil::as_result(coil::timeout(10s, fails()))) CHECK(false);
    else CHECK(nested.error() == std::errc::connection_reset);
    CHECK((*co_await coil::as_result(carry(counted(words(9))))).text == words(9));
    bool cleaned = false;
    auto cleanup = [&]() -> coil::task<> {
        co_await coil::yield();
        cleaned = true;
    };
    CHECK(co_await coil::finally(work(13), cleanup()) == 13 && cleaned);
}

coil::task<> time_and_sequences() {
    co_await coil::sleep_for(1ms);
    co_await coil::sleep_until(std::chrono::steady_clock::now() + 1ms);
    co_await coil::yield();
    coil::interval tick{1ms};
    co_await tick.next();
    coil::task_local<std::string> user;
    auto reads = [&]() -> coil::task<int> {
        co_await coil::yield();
        co_return static_cast<int>(user.get().size());
    };
    int n = co_await user.with("ann", reads());
    CHECK(n == 3);
    n = co_await user.with(words(), reads());
    CHECK(n > 20);
    bool unset = false;
    try {
        user.get();
    } catch (const std::logic_error&) {
        unset = true;
    }
    CHECK(unset);
    int sum = 0;
    for (int i : count_up(5))
        sum += i;
    CHECK(sum == 10);
    auto source = texts(5);
    int k = 0;
    while (auto next = co_await source.next())
        CHECK(next->text == words(k++));
    CHECK(k == 5);
    int called = co_await coil::from_callback<int>([&](coil::resolver<int> r) { std::thread([r] { r(7); }).detach(); });
    CHECK(called == 7);
    coil::stop_on({SIGUSR1, SIGUSR2});
}

coil::task<> parallel() {
    int x = 4;
    counted keep(words());
    int r = co_await coil::on_pool([&] { return x + static_cast<int>(keep.text.size()); });
    CHECK(r > 20);
    counted back = co_await coil::on_pool([&] { return counted(words(1)); });
    CHECK(back.text == words(1));
    CHECK(co_await coil::on_pool(work(7)) == 7);
    CHECK(co_await coil::on_pool([&] { return work(x); }) == 4);
    CHECK(co_await coil::on_pool([]() -> coil::task<int> {
              int s = 0;
              for (int i = 0; i < 10; ++i)
                  s += co_await work(i);
              co_return s;
          }) == 45);
    auto own = [k = counted(words())] { return k.text.size(); };
    CHECK(co_await coil::on_pool(own) > 20);
    CHECK(co_await coil::on_pool(std::ref(own)) > 20);
    CHECK(co_await coil::on_pool(coil::own(own)) > 20);
    std::function<int()> function = [k = counted(words())] { return static_cast<int>(k.text.size()); };
    CHECK(co_await coil::on_pool(function) > 20);
    CHECK(co_await coil::on_pool(std::move(function)) > 20);
    co_await coil::on_pool([] {});
    auto h = coil::spawn_on(coil::pool(), work(1));
    CHECK(co_await h == 1);
    std::vector<int> xs(100);
    std::iota(xs.begin(), xs.end(), 0);
    std::vector<int> out(100);
    int n = 100;
    co_await coil::parallel_for(0, n, [&](std::size_t i) { out[i] = xs[i]; }, {.grain = 0});
    co_await coil::parallel_for(0, n, [&](std::size_t i) { out[i] = xs[i]; });
    CHECK(out == xs);
    auto ys = co_await coil::parallel_map(xs, [&](int v) { return counted(words(v + x)); });
    CHECK(ys.size() == 100 && ys[9].text == words(13));
    auto sum = co_await coil::parallel_reduce(xs, 0L, [](long a, long b) { return a + b; });
    CHECK(sum == 4950);
    auto s = co_await coil::blocking([&] { return x; });
    CHECK(s == 4);
    CHECK(coil::pool().size() >= 1);
    co_await coil::resume_on(coil::pool());
    CHECK(co_await fib(10) == 55);
    coil::loop lp;
    CHECK(lp.post([] {}));
}

coil::task<> other_pool(coil::thread_pool& own) {
    co_await coil::resume_on(own);
    int v = co_await coil::spawn_on(own, work(2));
    CHECK(v == 2);
}

coil::task<> server() {
    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0}, {.reuse_port = true});
    int served = 0;
    const auto client = [&]() -> coil::task<> {
        auto s = co_await coil::net::tcp_stream::connect(l.local_endpoint());
        auto chunk = co_await s.receive();
        CHECK(chunk.text() == "x");
        co_await l.close();
    };
    auto h = coil::spawn(client());
    co_await coil::net::serve(l,
                              [&](coil::net::tcp_stream s) -> coil::task<> {
                                  ++served;
                                  co_await s.write("x");
                              },
                              {.max_connections = 1000, .loops = 1});
    co_await h;
    CHECK(served == 1);
}

coil::task<> sockets() {
    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0}, {.reuse_port = true});
    auto [server, client] = co_await coil::when_all(l.accept(), coil::net::tcp_stream::connect(l.local_endpoint()));
    std::array<std::byte, 4> buffer{std::byte{1}, std::byte{2}};
    co_await client.write(buffer);
    std::array<std::byte, 4> got{};
    co_await server.read_exactly(got);
    co_await client.write("chunk");
    auto chunk = co_await server.receive();
    CHECK(chunk.size() <= 5 && !chunk.empty());
    std::string rest(5 - chunk.size(), ' ');
    co_await server.read_exactly(rest);
    CHECK(got == buffer);
    co_await client.write(std::span(buffer).first(2));
    std::size_t n = co_await coil::timeout(10s, server.read(got));
    CHECK(n >= 1 && n <= 2);
    co_await client.shutdown_write();
    CHECK(client.peer_endpoint().port() == l.local_endpoint().port());
    while (co_await server.read(got) != 0) {}
    co_await server.close();
    co_await client.close();
    auto refused = co_await coil::as_result(coil::net::tcp_stream::connect(coil::net::endpoint{"127.0.0.1", 1}));
    CHECK(!refused.has_value());
    int nop = co_await coil::ring_op([](io_uring_sqe& e) { e.opcode = IORING_OP_NOP; });
    CHECK(nop == 0);
}

coil::task<> more_sockets() {
    auto eps = co_await coil::net::resolve("127.0.0.1", 80);
#if COIL_HAS_CARES
    const coil::net::cares_resolver system_names, own_names{{.servers = "127.0.0.1:53,[::1]:53", .patience = 2s}};
    auto by_system = co_await system_names.resolve("localhost", "80", {.family = coil::net::address_family::v4});
    auto by_own = co_await own_names.resolve("127.0.0.1", 80);
    CHECK(!by_system.empty() && by_own == eps);
#endif
    CHECK(eps.size() == 1 && eps[0].port() == 80);
    auto l = coil::net::tcp_listener::bind(coil::net::endpoint{"127.0.0.1", 0}, {.reuse_port = true, .no_delay = true});
    auto [server, client] =
        co_await coil::when_all(l.accept(), coil::net::tcp_stream::connect("127.0.0.1", l.local_endpoint().port()));
    client.set_keep_alive({.idle = 30s, .count = 3});
    const std::string head = "head", body = "body";
    std::size_t sent = co_await client.write_vectored(std::array{coil::byte_view(head), coil::byte_view(body)});
    sent += co_await client.write_some("!");
    CHECK(sent == 9);
    co_await client.shutdown_write();

    auto [a, b] = coil::net::unix_stream::pair();
    CHECK(a.peer_credentials().pid > 0);
    const std::uint64_t n = co_await coil::copy(server, a);
    CHECK(n == 9);
    co_await a.send_descriptors(std::array{server.native_handle()}, "it");
    std::string text(9, ' ');
    co_await b.read_exactly(text);
    CHECK(text == "headbody!");
    auto got = co_await b.receive_descriptors(text);
    CHECK(got.size == 2 && got.descriptors.size() == 1);

    auto u = coil::net::udp_socket::bind(coil::net::endpoint{"127.0.0.1", 0});
    co_await u.send_to("datagram", u.local_endpoint());
    auto [size, from] = co_await u.receive_from(text);
    CHECK(size == 8 && from == u.local_endpoint());

    auto ul = coil::net::unix_listener::bind(coil::net::unix_endpoint());
    auto [us, uc] = co_await coil::when_all(ul.accept(), coil::net::unix_stream::connect(ul.local_endpoint()));
    co_await uc.write("x");
    std::size_t m = co_await us.read(text);
    CHECK(m == 1);
    auto none = co_await coil::as_result(coil::net::unix_stream::connect("/no/such/socket"));
    CHECK(!none.has_value());
}

coil::task<> files() {
    const std::filesystem::path dir = std::filesystem::temp_directory_path() / ("coil-face-" + words().substr(0, 6));
    std::filesystem::create_directories(dir);
    const std::string path = (dir / "a").string();
    co_await coil::fs::write_file(path, words(1));
    std::string t = co_await coil::fs::read_file(path);
    CHECK(t == words(1));
    {
        auto f = co_await coil::fs::open(path, coil::fs::mode::read);
        std::array<std::byte, 6> head{};
        CHECK(co_await f.read_at(head, 0) == 6);
        CHECK(co_await f.size() == words(1).size());
    }
    {
        auto f = co_await coil::fs::open(path, coil::fs::mode::read_write);
        std::size_t n = co_await f.write_at("W", 0);
        co_await f.sync();
        std::uint64_t size = co_await f.size();
        CHECK(n == 1 && size == words(1).size());
        co_await f.close();
    }
    co_await coil::fs::write_file(path + " too", words(1), {.durable = true});
    co_await coil::fs::unlink(path + " too");
    coil::async_generator<coil::fs::entry> entries = coil::fs::walk(dir.string());
    int k = 0;
    while (auto e = co_await entries.next())
        ++k;
    CHECK(k >= 1);
    std::filesystem::remove_all(dir);
}

coil::task<> more_files() {
    auto folder = co_await coil::fs::temporary_folder::make();
    co_await coil::fs::mkdir(folder / "d");
    coil::fs::watcher w;
    w.watch(folder.path());
    co_await coil::fs::write_file(folder / "a", "first\r\nsecond\nkey=value");
    CHECK((co_await w.next()).name == "a");
    CHECK(co_await coil::fs::copy_file(folder / "a", folder / "b", {.durable = true}) == 23);
    co_await coil::fs::rename(folder / "b", folder / "c");
    CHECK((co_await coil::fs::stat(folder / "c")).size == 23);
    co_await coil::fs::atomic_write_file(folder / "c", words(2));
    co_await coil::fs::unlink(folder / "c");
    auto f = co_await coil::fs::open(folder / "a", coil::fs::mode::read);
    coil::buffered_reader r{f};
    auto line = co_await r.read_line();
    CHECK(line == "first");
    CHECK(*co_await r.read_until('\n') == "second");
    CHECK(co_await coil::timeout(1h, r.read_until("=")) == "key");
    auto last = co_await coil::as_result(r.read_line());
    CHECK(**last == "value");
    CHECK(!(co_await r.read_line()));
    coil::buffered_reader of_temporary{co_await coil::fs::open(folder / "a"), {.buffer_size = 16}};
    int lines = 0;
    auto all = of_temporary.lines();
    while (auto l = co_await all.next())
        ++lines;
    CHECK(lines == 3);
    auto in = coil::fd_stream(0);  // stdin
    CHECK(in.is_open());
    coil::fd_stream out(1);
    coil::buffered_writer to_out{out};
    co_await to_out.flush();
    co_await coil::writable(out.native_handle());
    auto [left, right] = coil::net::unix_stream::pair();
    co_await left.write("x");
    co_await coil::readable(right.native_handle());
    auto which = co_await coil::select(coil::readable(right.native_handle()), coil::sleep_for(1h));
    CHECK(which.index() == 0);
    coil::signal_set hangups{SIGHUP};
    coil::signal_set two{SIGALRM, SIGWINCH};
    CHECK(!(co_await coil::move_on_after(0ms, hangups.next())));
    co_await folder.remove();
}

coil::task<int> amain() {
    co_await spawned();
    co_await scopes();
    co_await together();
    co_await bounded();
    co_await time_and_sequences();
    co_await coil::spawn(parallel());
    co_await sockets();
    co_await more_sockets();
    co_await server();
    co_await files();
    co_await more_files();
    co_return 7;
}

coil::task<> one_after_the_other(coil::mutex& first, coil::mutex& second) {
    auto held = co_await first.lock();
    co_await coil::yield();
    auto wanted = co_await second.lock();
}

void debugging() {
    coil::dump_tasks(stderr);
    coil::mutex a, b;
    try {
        coil::run(coil::when_all(one_after_the_other(a, b), one_after_the_other(b, a)));
        CHECK(false);
    } catch (const coil::deadlock& e) {
        CHECK(std::string(e.what()).find("mutex") != std::string::npos);
        CHECK(!e.tasks().empty());
        const coil::deadlock::row& r = e.tasks().front();
        CHECK(!r.state.empty() && !r.waits_for.empty() && !r.awaits.empty());
    }
    CHECK(coil::sim::run(1, answer(), {.faults = {.delays = 0.5}}) == 42);
}

}  // namespace

int main() {
    debugging();
    CHECK(coil::run(answer()) == 42);
    CHECK(coil::run(amain(), {.name = "face"}) == 7);
    coil::run(nothing(), {.pool_size = 8, .name = "app"});
    CHECK(coil::run(coil::on_pool([] { return fib(5); }), {.pool_size = 1}) == 5);
    {
        coil::thread_pool own{2};
        coil::run(other_pool(own));
    }
    coil::loop lp;
    CHECK(lp.run(answer()) == 42);
    CHECK(coil::block_on(answer()) == 42);
    CHECK(living.empty());
    std::puts("every spelling works");
}
