// SPDX-License-Identifier: BSL-1.0
// Row stopped: coil's scope, closed while all of its tasks sleep.
#include <coil/runtime.hpp>
#include <coil/runtime/async/scope.hpp>

#include <chrono>

#include "../measure/row.hpp"
#include "sleepers_work.hpp"

namespace {

coil::task<> long_sleeper() {
    co_await coil::sleep_for(std::chrono::hours(1));
}

coil::task<measure::result> stopped(std::uint64_t n) {
    coil::scope s;
    for (std::uint64_t i = 0; i < n; ++i)
        s.spawn(long_sleeper());
    co_await coil::yield();
    const measure::window w;
    co_await s.close();
    co_return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"stopped/coil", sleepers_work::stopped, [](std::uint64_t n) { return coil::run(stopped(n)); },
     measure::shape::whole},
};

}  // namespace
