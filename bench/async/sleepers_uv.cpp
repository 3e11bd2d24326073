// SPDX-License-Identifier: BSL-1.0
// Row sleepers: libuv, a timer and a callback each (no coroutine; its clock counts milliseconds).
#include <uv.h>

#include <chrono>
#include <vector>

#include "../measure/row.hpp"
#include "sleepers_work.hpp"

namespace {

measure::result sleepers(std::uint64_t n) {
    uv_loop_t loop;
    uv_loop_init(&loop);
    std::uint64_t woken = 0;
    loop.data = &woken;
    const double before = measure::resident_bytes();
    const measure::window w;
    std::vector<uv_timer_t> timers(n);
    uv_update_time(&loop);
    for (std::uint64_t i = 0; i < n; ++i) {
        uv_timer_init(&loop, &timers[i]);
        const auto span = std::chrono::duration_cast<std::chrono::milliseconds>(sleepers_work::span(i));
        uv_timer_start(
            &timers[i], [](uv_timer_t* t) { ++*static_cast<std::uint64_t*>(t->loop->data); },
            static_cast<std::uint64_t>(span.count()), 0);
    }
    const double after = measure::resident_bytes();
    uv_run(&loop, UV_RUN_DEFAULT);
    measure::result r = w.stop(static_cast<double>(woken));
    r.bytes = (after - before) / static_cast<double>(n);
    for (auto& t : timers)
        uv_close(reinterpret_cast<uv_handle_t*>(&t), nullptr);
    uv_run(&loop, UV_RUN_DEFAULT);
    uv_loop_close(&loop);
    return r;
}

const measure::enrol all[] = {
    {"sleepers/uv", sleepers_work::million, sleepers, measure::shape::whole},
};

}  // namespace
