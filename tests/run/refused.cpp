// SPDX-License-Identifier: BSL-1.0
// What must not compile where something to await is meant, and what the compiler has to say then; tests/coro/refused.py
// compiles this file once for each CASE, and case 0 must compile.
#include <coil/runtime.hpp>

#include <tuple>

namespace {

using coil::task;

task<int> seven() {
    co_return 7;
}

// A class of its own for each call, and thus a message of its own.
template <int>
struct makes_seven {
    task<int> operator()() const { return seven(); }
};

[[maybe_unused]] task<> body(coil::scope& s) {
    using namespace std::chrono_literals;
#if CASE == 0
    (void)s;
    const std::tuple<> none = co_await coil::when_all();
    (void)none;
    (void)co_await coil::on_pool(makes_seven<0>());
    (void)co_await coil::on_pool(seven);
    (void)co_await coil::blocking([] { return 7; });
#elif CASE == 1  // "(?s)(static assertion failed[^\n]*this is a function that makes a task.*){17}"
    (void)coil::run(makes_seven<1>());
    (void)coil::block_on(makes_seven<2>());
    (void)coil::sim::run(1, makes_seven<3>());
    (void)coil::spawn(makes_seven<4>());
    (void)coil::spawn_on(coil::pool(), makes_seven<5>());
    s.spawn(makes_seven<6>());
    s.spawn_on(coil::pool(), makes_seven<7>());
    (void)co_await coil::when_all(makes_seven<8>(), seven());
    (void)co_await coil::when_any(seven(), makes_seven<9>());
    (void)co_await coil::settle(makes_seven<10>());
    (void)co_await coil::timeout(1s, makes_seven<11>());
    (void)co_await coil::move_on_after(1s, makes_seven<12>());
    (void)co_await coil::shield(makes_seven<13>());
    (void)co_await coil::as_result(makes_seven<14>());
    (void)co_await coil::finally(seven(), makes_seven<15>());
    (void)co_await makes_seven<16>();
    (void)co_await seven;
#elif CASE == 2  // "when_any of nothing would never end"
    co_await coil::when_any();
#elif CASE == 3  // "constraints not satisfied|no matching function"
    coil::spawn([] { return 7; });
#endif
    co_return;
}

}  // namespace
