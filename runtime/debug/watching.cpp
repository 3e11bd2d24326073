// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/watching.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/debug/observed_thread.hpp>
#include <coil/runtime/debug/resumption_probe.hpp>
#include <coil/runtime/debug/trace_file.hpp>
#include <coil/runtime/debug/watch_thread.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>

#include <exception>
#include <mutex>
#include <new>

namespace coil::debug {

namespace {

// Guards the beginning and the end.
struct watch_count {
    std::mutex lock;
    unsigned watching = 0;
    bool probes = false;
};
watch_count& watches() noexcept {
    static auto* const of_process = new watch_count;
    return *of_process;
}

void begin_watch(const variables& wanted) noexcept {
    const bool traces = !wanted.trace.empty() && the_trace().open(wanted.trace);
    watches().probes = traces || wanted.limit != nanoseconds::zero();
    if (watches().probes) look_at_resumptions(wanted.limit);
    if (!watches().probes) return;
    try {
        the_watch_thread().start({.limit = wanted.limit, .traces = traces});
    } catch (const std::exception&) {
        log("COIL_WATCHDOG, COIL_TRACE: there can be no thread that looks on; tasks that never come back are not reported");
    }
}

void end_watch() noexcept {
    the_watch_thread().stop();
    if (!watches().probes) return;
    stop_looking();
    try {
        for (observed_thread* const t : observed_thread::all())
            t->flush();
    } catch (const std::bad_alloc&) {
        log("COIL_TRACE: out of memory, the end of the trace is missing");
    }
}

const variables& for_this_run() noexcept {
    static const variables nothing;
    return this_simulation != nullptr ? nothing : of_environment();
}

}  // namespace

watching::watching(const variables& wanted) noexcept {
    if (wanted.none()) [[likely]]
        return;
    const std::scoped_lock guard(watches().lock);
    counted_ = true;
    if (watches().watching++ == 0) begin_watch(wanted);
}

watching::~watching() {
    if (!counted_) return;
    const std::scoped_lock guard(watches().lock);
    if (--watches().watching == 0) end_watch();
}

watched_run::watched_run() noexcept : as_asked_(for_this_run()) {}

}  // namespace coil::debug
