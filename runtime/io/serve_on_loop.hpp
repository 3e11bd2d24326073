// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/serving.hpp>

#include <cstddef>
#include <functional>
#include <memory>
#include <type_traits>
#include <utility>

namespace coil::net {

class tcp_listener;
class tcp_stream;
class unix_listener;
class unix_stream;

template <class Listener>
struct stream_of_listener;
template <>
struct stream_of_listener<tcp_listener> {
    using type = tcp_stream;
};
template <>
struct stream_of_listener<unix_listener> {
    using type = unix_stream;
};
/// What a listener accepts.
template <class Listener>
using accepted = typename stream_of_listener<Listener>::type;

/// Refers to what answers a connection: f(stream) or f(stream, serving&), a task or another awaitable.
template <class Stream>
class connection_handler {
public:
    template <class F>
    explicit connection_handler(F& f) noexcept
        : function_(const_cast<void*>(static_cast<const void*>(std::addressof(f)))), call_(&call<F>) {}
    task<> operator()(Stream s, serving& all) const { return call_(function_, std::move(s), all); }

private:
    template <class F>
    static task<> call(void* f, Stream s, serving& all) {
        auto& function = *static_cast<F*>(f);
        if constexpr (std::is_invocable_v<F&, Stream, serving&>) return std::invoke(function, std::move(s), all);
        else return std::invoke(function, std::move(s));
    }
    void* function_;
    task<> (*call_)(void*, Stream, serving&);
};

/// Bounds a server on one loop.
struct serve_limits {
    std::size_t connections;
    nanoseconds grace;
    void (*stopping)(void*) = nullptr;  // called when it begins to stop
    void* context = nullptr;
};

/// Is `serve` on the loop that awaits it, for both kinds of listeners.
template <class Listener>
task<> serve_on_loop(Listener& l, connection_handler<accepted<Listener>> handler, serve_limits limits);
extern template task<> serve_on_loop(tcp_listener&, connection_handler<tcp_stream>, serve_limits);
extern template task<> serve_on_loop(unix_listener&, connection_handler<unix_stream>, serve_limits);

/// Whether other listeners may share its port.
bool shares_its_port(const tcp_listener& l) noexcept;

}  // namespace coil::net
