// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/watching.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/runtime/debug/dump_signal.hpp>
#include <coil/runtime/debug/dump_tasks.hpp>
#include <coil/runtime/debug/observed_thread.hpp>
#include <coil/runtime/debug/resumption_probe.hpp>
#include <coil/runtime/debug/trace_file.hpp>
#include <coil/runtime/debug/watch_thread.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>

#include <cstdio>
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
    if (!watches().probes && wanted.dump_signal == 0) return;
    try {
        the_watch_thread().start({.limit = wanted.limit,
                                  .traces = traces,
                                  .dump_signal = wanted.dump_signal,
                                  .dump = []() noexcept { dump_tasks(stderr); }});
        // the thread first: nobody else could answer the signal
        if (wanted.dump_signal != 0) borrow_dump_signal(wanted.dump_signal);
    } catch (const std::exception&) {
        log("COIL_WATCHDOG, COIL_DUMP_SIGNAL: there can be no thread that looks on; what hangs is not reported");
    }
}

void end_watch() noexcept {
    return_dump_signal();
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
