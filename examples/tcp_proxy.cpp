// SPDX-License-Identifier: BSL-1.0
// A TCP proxy with limits: so many connections at once, so many bytes each way, so long for each. A half-close is passed
// on, a failure ends its connection only; Ctrl-C stops everything.
//
// Run it: build/examples/tcp_proxy 7000 example.org 80, then from elsewhere: nc 127.0.0.1 7000
// or let it stand before an echo server of its own, with three clients, after which it ends: build/examples/tcp_proxy --clients 3
// It prints (with --clients 3)
//    client 0 heard: hello from client 0
//    client 1 heard: hello from client 1
//    client 2 heard: hello from client 2
//    3 connections, 57 bytes there, 57 bytes back
#include <coil/coil.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <system_error>
#include <vector>

namespace {

using namespace std::chrono_literals;
using coil::net::tcp_listener;
using coil::net::tcp_stream;

constexpr std::size_t most_connections = 1000;
constexpr coil::copy_options limits{.limit = 1 << 30};

struct totals {
    int connections = 0;
    std::uint64_t there = 0, back = 0;
};

coil::task<> pass(tcp_stream client, const std::string& host, int port, totals& all) {
    try {
        tcp_stream server = co_await coil::timeout(10s, tcp_stream::connect(host, port));
        const coil::copied n = co_await coil::timeout(1h, coil::copy_bidirectional(client, server, limits));
        all.there += n.there;
        all.back += n.back;
    } catch (const std::system_error& e) {  // of this connection; the client sees that it is closed
        std::fprintf(stderr, "tcp_proxy: %s\n", e.what());
    }
    ++all.connections;
}

coil::task<> proxy(tcp_listener& l, const std::string& host, int port, totals& all) {
    coil::stop_on({SIGINT, SIGTERM});
    const auto handle = [&](tcp_stream s) { return pass(std::move(s), host, port, all); };
    co_await coil::net::serve(l, handle, {.max_connections = most_connections});
}

coil::task<> echo(tcp_listener& l) {
    co_await coil::net::serve(l, [](tcp_stream s) -> coil::task<> { co_await coil::copy_and_end(s, s, {}); });
}

coil::task<std::string> ask(int port, std::string text) {
    tcp_stream s = co_await tcp_stream::connect("127.0.0.1", port);
    co_await s.write(text);
    co_await s.shutdown_write();
    std::string answer(text.size(), '\0');
    co_await s.read_exactly(answer);
    co_return answer;
}

coil::task<> with_own_clients(tcp_listener& l, tcp_listener& echoing, int clients) {
    totals all;
    const std::string host = "127.0.0.1";
    auto server = coil::spawn(echo(echoing), {.name = "echo server"});
    auto between = coil::spawn(proxy(l, host, echoing.local_endpoint().port(), all), {.name = "proxy"});
    std::vector<coil::task<std::string>> asking;
    for (int i = 0; i != clients; ++i)
        asking.push_back(ask(l.local_endpoint().port(), "hello from client " + std::to_string(i)));
    const std::vector<std::string> answers = co_await coil::when_all(std::move(asking));
    for (std::size_t i = 0; i != answers.size(); ++i)
        std::printf("client %zu heard: %s\n", i, answers[i].c_str());
    while (all.connections != clients)
        co_await coil::yield();  // the last one may not have counted itself yet
    std::printf("%d connections, %llu bytes there, %llu bytes back\n", all.connections,
                static_cast<unsigned long long>(all.there), static_cast<unsigned long long>(all.back));
    between.cancel();
    server.cancel();
}

}  // namespace

int main(int argc, char** argv) {
    const bool own_clients = argc == 3 && std::strcmp(argv[1], "--clients") == 0;
    if (argc != 4 && !own_clients) {
        std::fprintf(stderr, "tcp_proxy PORT HOST PORT | --clients N\n");
        return 2;
    }
    try {
        // outside of the run, so that they outlive every task
        tcp_listener l = tcp_listener::bind(coil::net::endpoint("127.0.0.1", own_clients ? 0 : std::atoi(argv[1])));
        tcp_listener echoing = tcp_listener::bind(coil::net::endpoint("127.0.0.1", 0));
        totals all;
        const std::string host = own_clients ? "" : argv[2];
        if (own_clients) coil::run(with_own_clients(l, echoing, std::atoi(argv[2])));
        else coil::run(proxy(l, host, std::atoi(argv[3]), all));
    } catch (const coil::cancelled&) {
        std::puts("stopped");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "tcp_proxy: %s\n", e.what());
        return 1;
    }
}
