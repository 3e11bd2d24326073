// SPDX-License-Identifier: BSL-1.0
// What must not compile in a select, and what the compiler has to say then; see tests/coro/refused.py.
#include <coil/runtime.hpp>
#include <coil/sync/queue.hpp>
#include <coil/sync/select.hpp>

#include <chrono>
#include <cstddef>
#include <span>

namespace {

coil::task<> something() {
    co_return;
}

[[maybe_unused]] coil::task<> body(coil::net::tcp_stream& s, coil::net::tcp_listener& l, std::span<std::byte> into) {
    coil::queue<int> q;
    [[maybe_unused]] coil::join_handle<> h = coil::spawn(something());
    using namespace std::chrono_literals;
#if CASE == 0
    (void)co_await coil::select(q.get(), q.put(1), q.join(), h, coil::sleep_for(1s), coil::readable(0), s.readable(),
                                l.acceptable());
#elif CASE == 1  // "takes waits that lose nothing"
    (void)co_await coil::select(q.get(), s.read(into));
#elif CASE == 2  // "takes waits that lose nothing"
    (void)co_await coil::select(q.get(), l.accept());
#elif CASE == 3  // "takes waits that lose nothing"
    (void)co_await coil::select(q.get(), something());
#elif CASE == 4  // "takes waits that lose nothing"
    (void)co_await coil::select(q.get(), q.get_for(1s));
#elif CASE == 5  // "takes waits that lose nothing"
    (void)co_await coil::select(q.get(), h.join_for(1s));
#elif CASE == 6  // "takes waits that lose nothing"
    (void)co_await coil::select(q.get(), s.receive());
#elif CASE == 7  // "chooses between one thing at least"
    (void)co_await coil::select();
#elif CASE == 8  // "nodiscard|ignoring return value"
    q.get();
#endif
    (void)s, (void)l, (void)into;
}

}  // namespace
