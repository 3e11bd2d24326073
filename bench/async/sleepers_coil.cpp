// SPDX-License-Identifier: BSL-1.0
// Rows sleepers and idle: coil.
#include <coil/runtime.hpp>

#include <sys/resource.h>

#include <chrono>
#include <vector>

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
    std::vector<coil::join_handle<>> all;
    all.reserve(n);
    const double before = measure::resident_bytes();
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i)
        all.push_back(coil::spawn(sleeper(sleepers_work::span(i), woken)));
    co_await coil::yield();  // to the back: by then each of them has armed its timer
    const double after = measure::resident_bytes();
    for (auto& h : all)
        co_await h;
    measure::result r = w.stop(static_cast<double>(woken));
    r.bytes = (after - before) / static_cast<double>(n);
    co_return r;
}

// Daemons: the end of the run stops them.
coil::task<measure::result> idle(std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
        (void)coil::spawn(coil::sleep_for(1h), {.daemon = true});
    co_await coil::yield();
    rusage before{};
    rusage after{};
    getrusage(RUSAGE_SELF, &before);
    const measure::window w;
    co_await coil::sleep_for(sleepers_work::idle_for);
    measure::result r = w.stop(1);
    getrusage(RUSAGE_SELF, &after);
    r.extra = static_cast<double>(after.ru_nvcsw - before.ru_nvcsw) / r.seconds;
    co_return r;
}

const measure::enrol all[] = {
    {"sleepers/coil", sleepers_work::million, [](std::uint64_t n) { return coil::run(sleepers(n)); },
     measure::shape::whole},
    {"idle/coil", sleepers_work::idle, [](std::uint64_t n) { return coil::run(idle(n)); }, measure::shape::whole},
};

}  // namespace
