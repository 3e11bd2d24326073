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

/// Is `serve` on the loop that awaits it.
task<> serve_on_loop(tcp_listener& l, connection_handler<tcp_stream> handler, serve_limits limits);

/// Whether other listeners may share its port.
bool shares_its_port(const tcp_listener& l) noexcept;

}  // namespace coil::net
