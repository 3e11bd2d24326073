// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/serve.hpp>

#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/io/tcp_listener.hpp>
#include <coil/runtime/run/loop_thread.hpp>

#include <deque>
#include <exception>
#include <stdexcept>
#include <string>

namespace coil::net {

namespace {

// More threads than any machine runs at once help nobody.
constexpr std::uint64_t most_loops = 1024;

std::uint64_t checked_loops(const serve_options& o) {
    if (o.max_connections.value_or(1) == 0) throw std::invalid_argument("serve: .max_connections is 0");
    const std::uint64_t loops = o.loops.value_or(1);
    if (loops == 0) throw std::invalid_argument("serve: .loops is 0");
    if (loops > most_loops)
        throw std::invalid_argument("serve: .loops is " + std::to_string(loops) + ", more than " +
                                    std::to_string(most_loops));
    return loops;
}

void check_shared(const tcp_listener& l, std::uint64_t loops) {
    if (loops > 1 && !shares_its_port(l))
        throw std::invalid_argument("serve: .loops = " + std::to_string(loops) +
                                    " needs a listener that was bound with "
                                    "{.reuse_port = true}: " +
                                    to_string(l.local_endpoint()) + " was not");
}

// One further loop with its own listener.
struct neighbour {
    neighbour(const endpoint& at, unsigned number)
        : listener(tcp_listener::bind(at, {.reuse_port = true})), thread("coil-loop-" + std::to_string(number)) {}
    tcp_listener listener;
    loop_thread thread;
};

}  // namespace

task<> serve_everywhere(tcp_listener& l, connection_handler<tcp_stream> handler, serve_options options) {
    const auto loops = static_cast<unsigned>(checked_loops(options));
    check_shared(l, loops);
    const std::size_t most = options.max_connections.value_or(1000);
    serve_limits limits{(most + loops - 1) / loops, options.grace};
    if (loops == 1) {
        co_await serve_on_loop(l, handler, limits);
        co_return;
    }

    scope here;
    std::deque<neighbour> others;
    std::exception_ptr error;
    try {
        for (unsigned i = 1; i != loops; ++i) {
            neighbour& n = others.emplace_back(l.local_endpoint(), i);
            n.thread.begin([&n, handler, limits] { return serve_on_loop(n.listener, handler, limits); },
                           [&here] { here.cancel("another loop of the server has failed"); });
        }
        // its grace is everybody's
        limits.context = &others;
        limits.stopping = [](void* all) {
            for (neighbour& n : *static_cast<std::deque<neighbour>*>(all))
                n.thread.stop();
        };
        here.spawn(serve_on_loop(l, handler, limits));
        co_await here.join();
    } catch (...) {
        error = std::current_exception();
    }
    for (neighbour& n : others)
        n.thread.stop();
    for (neighbour& n : others) {
        try {
            co_await n.thread.end();
        } catch (...) {
            error = std::current_exception();  // what ended the others comes first
        }
    }
    co_await here.close();
    if (error) std::rethrow_exception(std::move(error));
}

task<> serve_everywhere(unix_listener& l, connection_handler<unix_stream> handler, serve_options options) {
    if (const std::uint64_t loops = checked_loops(options); loops != 1)
        throw std::invalid_argument("serve: .loops = " + std::to_string(loops) +
                                    ", and several listeners cannot share " + to_string(l.local_endpoint()));
    co_await serve_on_loop(l, handler, {options.max_connections.value_or(1000), options.grace});
}

}  // namespace coil::net
