// SPDX-License-Identifier: BSL-1.0
// Rows sleepers, stopped and idle: Asio, a coroutine with its own steady_timer each.
#include <asio.hpp>
#include <sys/resource.h>

#include <memory>
#include <vector>

#include "../measure/row.hpp"
#include "sleepers_work.hpp"

namespace {

asio::awaitable<void> sleeper(std::chrono::nanoseconds span, std::uint64_t& woken) {
    asio::steady_timer timer(co_await asio::this_coro::executor, span);
    co_await timer.async_wait(asio::use_awaitable);
    ++woken;
}

measure::result sleepers(std::uint64_t n) {
    asio::io_context context(1);
    std::uint64_t woken = 0;
    double after = 0;
    const double before = measure::resident_bytes();
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        asio::co_spawn(context, sleeper(sleepers_work::span(i), woken), asio::detached);
    // Runs once all of them have been started, and so have armed their timers.
    asio::post(context, [&] { after = measure::resident_bytes(); });
    context.run();
    measure::result r = w.stop(static_cast<double>(woken));
    r.bytes = (after - before) / static_cast<double>(n);
    return r;
}

asio::awaitable<void> long_sleeper(asio::steady_timer& timer, std::uint64_t& ended) {
    timer.expires_after(std::chrono::hours(1));
    asio::error_code stopped;
    co_await timer.async_wait(asio::redirect_error(asio::use_awaitable, stopped));
    ++ended;
}

measure::result stopped(std::uint64_t n) {
    asio::io_context context(1);
    std::vector<std::unique_ptr<asio::steady_timer>> timers;
    std::uint64_t ended = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        timers.push_back(std::make_unique<asio::steady_timer>(context));
        asio::co_spawn(context, long_sleeper(*timers.back(), ended), asio::detached);
    }
    context.poll();
    const measure::window w;
    for (auto& t : timers)
        t->cancel();
    context.run();
    return w.stop(static_cast<double>(ended));
}

measure::result idle(std::uint64_t n) {
    asio::io_context context(1);
    std::vector<std::unique_ptr<asio::steady_timer>> timers;
    std::uint64_t ended = 0;
    for (std::uint64_t i = 0; i < n; ++i) {
        timers.push_back(std::make_unique<asio::steady_timer>(context));
        asio::co_spawn(context, long_sleeper(*timers.back(), ended), asio::detached);
    }
    context.poll();
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    const measure::window w;
    context.run_for(sleepers_work::idle_for);
    measure::result r = w.stop(1);
    getrusage(RUSAGE_SELF, &after);
    r.extra = static_cast<double>(after.ru_nvcsw - before.ru_nvcsw) / r.seconds;
    for (auto& t : timers)
        t->cancel();
    context.restart();
    context.run();
    return r;
}

const measure::enrol all[] = {
    {"sleepers/asio", sleepers_work::million, sleepers, measure::shape::whole},
    {"stopped/asio", sleepers_work::stopped, stopped, measure::shape::whole},
    {"idle/asio", sleepers_work::idle, idle, measure::shape::whole},
};

}  // namespace
