// SPDX-License-Identifier: BSL-1.0
// An echo server: one task per connection, all on one thread. A client's error ends that client only; Ctrl-C stops
// everything, and every connection is closed.
//
// Run it: build/examples/echo_server 7000, then from elsewhere: nc 127.0.0.1 7000
// or let it start three clients of its own, after which it ends: build/examples/echo_server --clients 3
// It prints (with --clients 3)
//    listening on 127.0.0.1:<n>
//    client 0 heard: hello from client 0
//    client 1 heard: hello from client 1
//    client 2 heard: hello from client 2
//    served 3 connections
#include <coil/coil.hpp>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using coil::net::tcp_listener;
using coil::net::tcp_stream;

coil::task<> echo(tcp_stream s, int& served) {
    const std::string peer = to_string(s.peer_endpoint());
    try {
        std::vector<char> buffer(16 * 1024);
        while (const std::size_t n = co_await s.read(buffer))
            co_await s.write(coil::byte_view(buffer.data(), n));
        co_await s.close();
    } catch (const std::system_error& e) {  // a peer that resets, say: no matter of the others
        std::fprintf(stderr, "echo_server: %s: %s\n", peer.c_str(), e.what());
    }
    ++served;
}

coil::task<> serve(tcp_listener& l, int& served) {
    // owns the connections: they are stopped, and waited for, when the server is stopped
    co_await coil::with_scope([&](coil::scope& connections) -> coil::task<> {
        for (;;) {
            tcp_stream s = co_await l.accept();  // waits, and does not fail, while descriptors are short
            connections.spawn(echo(std::move(s), served));
        }
    });
}

coil::task<std::string> ask(coil::net::endpoint server, std::string text) {
    tcp_stream s = co_await tcp_stream::connect(server);
    co_await s.write(text);
    co_await s.shutdown_write();
    std::string answer(text.size(), '\0');
    co_await s.read_exactly(answer);
    char more = 0;
    if (co_await s.read(coil::byte_span(&more, 1)) != 0) answer += " and more";  // 0: the server has closed
    co_return answer;
}

coil::task<> amain(tcp_listener& l, int& served, int clients) {
    std::printf("listening on %s\n", to_string(l.local_endpoint()).c_str());
    std::fflush(stdout);
    coil::stop_on({SIGINT, SIGTERM});
    if (clients == 0) co_await serve(l, served);
    (void)coil::spawn(serve(l, served), {.name = "server", .daemon = true});
    std::vector<coil::task<std::string>> asking;
    for (int i = 0; i != clients; ++i)
        asking.push_back(ask(l.local_endpoint(), "hello from client " + std::to_string(i)));
    const std::vector<std::string> answers = co_await coil::when_all(std::move(asking));
    for (std::size_t i = 0; i != answers.size(); ++i)
        std::printf("client %zu heard: %s\n", i, answers[i].c_str());
    while (served != clients)
        co_await coil::yield();  // the last one may not have counted itself yet
    std::printf("served %d connections\n", served);
}

}  // namespace

int main(int argc, char** argv) {
    const bool own_clients = argc == 3 && std::strcmp(argv[1], "--clients") == 0;
    if (argc > 2 && !own_clients) {
        std::fprintf(stderr, "echo_server [PORT] | --clients N\n");
        return 2;
    }
    try {
        const int port = argc == 2 ? std::atoi(argv[1]) : 0;  // 0: the system chooses one
        // outside of the run, so that they outlive every task
        tcp_listener l = tcp_listener::bind(coil::net::endpoint("127.0.0.1", port));
        int served = 0;
        coil::run(amain(l, served, own_clients ? std::atoi(argv[2]) : 0));
    } catch (const coil::cancelled&) {
        std::puts("stopped");
    } catch (const std::exception& e) {
        std::fprintf(stderr, "echo_server: %s\n", e.what());
        return 1;
    }
}
