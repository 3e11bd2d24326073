// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/serve_on_loop.hpp>

#include <coil/runtime/async/scope.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/io/tcp_listener.hpp>
#include <coil/runtime/io/tcp_stream.hpp>
#include <coil/runtime/io/unix_listener.hpp>
#include <coil/runtime/io/unix_stream.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <sys/socket.h>

#include <exception>
#include <optional>

namespace coil::net {

namespace {

// A connection that fails is no reason to end the others.
template <class Stream>
task<> answer(connection_handler<Stream> handler, Stream s, serving& all, serving::seat) {
    try {
        co_await handler(std::move(s), all);
    } catch (const cancelled&) {
        throw;
    } catch (...) {
        suppress(std::current_exception(), this_thread.current->root);
    }
}

}  // namespace

template <class Listener>
task<> serve_on_loop(Listener& l, connection_handler<accepted<Listener>> handler, serve_limits limits) {
    serving all(limits.connections);
    scope connections;
    std::exception_ptr ended_by;
    try {
        for (;;) {
            co_await all.room();
            accepted<Listener> s = co_await l.accept();
            connections.spawn(answer(handler, std::move(s), all, serving::seat(all)));
        }
    } catch (...) {
        ended_by = std::current_exception();
    }
    all.begin_stop();
    if (limits.stopping != nullptr) limits.stopping(limits.context);
    if (limits.grace > nanoseconds::zero()) (void)co_await shield(move_on_after(limits.grace, connections.join()));
    co_await connections.close();
    if (l.is_open()) std::rethrow_exception(ended_by);  // else somebody closed it, which is an end like any other
}

template task<> serve_on_loop(tcp_listener&, connection_handler<tcp_stream>, serve_limits);
template task<> serve_on_loop(unix_listener&, connection_handler<unix_stream>, serve_limits);

bool shares_its_port(const tcp_listener& l) noexcept {
    int value = 0;
    unsigned size = sizeof value;
    return ring::call_here(ring::call::getsockopt(l.native_handle(), SOL_SOCKET, SO_REUSEPORT, &value, &size)) >= 0 &&
           value != 0;
}

}  // namespace coil::net
