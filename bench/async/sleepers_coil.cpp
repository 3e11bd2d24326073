// SPDX-License-Identifier: BSL-1.0
// Rows sleepers, stopped, idle and timeout: coil.
#include <coil/runtime.hpp>

#include <sys/resource.h>

#include <chrono>

#include "../coro/await_work.hpp"
#include "../measure/row.hpp"
#include "sleepers_work.hpp"

namespace {

using namespace std::chrono_literals;

coil::task<> sleeper(std::chrono::nanoseconds span, std::uint64_t& woken) {
    co_await coil::sleep_for(span);
    ++woken;
}

coil::task<measure::result> sleepers(std::uint64_t n) {
    std::uint64_t woken = 0;
    double after = 0;
    const double before = measure::resident_bytes();
    const measure::window w;
    auto body = [&](coil::scope& s) -> coil::task<> {
        for (std::uint64_t i = 0; i < n; ++i) s.spawn(sleeper(sleepers_work::span(i), woken));
        co_await coil::yield();  // to the back: by then each of them has armed its timer
        after = measure::resident_bytes();
    };
    co_await coil::with_scope(body);
    measure::result r = w.stop(static_cast<double>(woken));
    r.bytes = (after - before) / static_cast<double>(n);
    co_return r;
}

coil::task<> long_sleeper() { co_await coil::sleep_for(1h); }

coil::task<measure::result> stopped(std::uint64_t n) {
    coil::scope s;
    for (std::uint64_t i = 0; i < n; ++i) s.spawn(long_sleeper());
    co_await coil::yield();
    const measure::window w;
    co_await s.close();
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> idle(std::uint64_t n) {
    coil::scope s;
    for (std::uint64_t i = 0; i < n; ++i) s.spawn(long_sleeper());
    co_await coil::yield();
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    const measure::window w;
    co_await coil::sleep_for(sleepers_work::idle_for);
    measure::result r = w.stop(1);
    getrusage(RUSAGE_SELF, &after);
    r.extra = static_cast<double>(after.ru_nvcsw - before.ru_nvcsw) / r.seconds;
    co_await s.close();
    co_return r;
}

[[gnu::noinline]] coil::task<std::uint64_t> leaf(std::uint64_t x) { co_return x; }

coil::task<measure::result> plain(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) sum += co_await leaf(i);
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> with_timeout(std::uint64_t n) {
    std::uint64_t sum = 0;
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) sum += co_await coil::timeout(1s, leaf(i));
    measure::keep(sum);
    co_return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"sleepers/coil", sleepers_work::million, [](std::uint64_t n) { return coil::run(sleepers(n)); }, measure::shape::whole},
    {"stopped/coil", sleepers_work::stopped, [](std::uint64_t n) { return coil::run(stopped(n)); }, measure::shape::whole},
    {"idle/coil", sleepers_work::idle, [](std::uint64_t n) { return coil::run(idle(n)); }, measure::shape::whole},
    {"timeout/without", 500'000, [](std::uint64_t n) { return coil::run(plain(n)); }},
    {"timeout/coil", 500'000, [](std::uint64_t n) { return coil::run(with_timeout(n)); }},
};

}  // namespace
