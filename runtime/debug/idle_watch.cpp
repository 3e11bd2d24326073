// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/idle_watch.hpp>

#include <coil/runtime/debug/deadlock.hpp>
#include <coil/runtime/debug/dump_signal.hpp>
#include <coil/runtime/debug/lock_cycle.hpp>
#include <coil/runtime/debug/task_report.hpp>
#include <coil/runtime/debug/watch_thread.hpp>
#include <coil/runtime/sched/blocking_threads.hpp>
#include <coil/runtime/sched/machine.hpp>
#include <coil/runtime/sched/thread_pool.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <new>
#include <string>
#include <utility>
#include <vector>

namespace coil::debug {

namespace {

constexpr std::size_t most_tasks = 10'000;  // that a loop with other things to do is kept from them for
constexpr int spacing = 1024;               // times the length of a look
constexpr nanoseconds least_spacing = std::chrono::milliseconds(1);
constexpr nanoseconds while_others_work = std::chrono::seconds(1);

// How often others of coil have done something; the same twice, and at rest both times: they have been at rest all along.
struct activity {
    bool at_rest = true;
    std::uint64_t count = 0;

    static activity now() noexcept {
        activity a;
        if (const thread_pool* const p = started_pool()) {
            a.at_rest = p->at_rest();
            a.count = p->statistics().parks;
        }
        a.at_rest = a.at_rest && blocking_pool().at_rest();
        a.count += blocking_pool().submitted();
        return a;
    }
};

std::size_t threads_of_coil() noexcept {
    const thread_pool* const p = started_pool();
    return 1 + (p ? p->size() : 0) + blocking_pool().threads() + (the_watch_thread().runs() ? 1 : 0);
}

std::exception_ptr nothing_can_happen() {
    std::vector<task_row> rows = tasks_in_reach();
    std::string text = "coil: deadlock: nothing can happen any more. No operation is in flight, no timer is armed, no thread "
                       "but coil's own is left, no work_guard is held, and these wait:\n";
    append_rows(text, rows);
    text.pop_back();
    return std::make_exception_ptr(deadlock(text, std::move(rows)));
}

}  // namespace

idle_watch::verdict idle_watch::look(loop& l, bool nothing_here, bool (*alone)(void*), void* context,
                                     time_point now) {
    if (auto circle = find_lock_cycle(*run_, nothing_here ? ~std::size_t{0} : most_tasks))
        return {std::make_exception_ptr(*std::move(circle)), never};
    if (!nothing_here || !alone(context)) return {};
    const verdict later{nullptr, now + while_others_work};
    const activity before = activity::now();
    if (!before.at_rest) return later;
    if (machine::catches_signals(borrowed_dump_signal()) || machine::threads() != threads_of_coil()) return {};
    // what the others did last was to post something here, perhaps: that is looked for at the end
    const activity after = activity::now();
    if (!after.at_rest || after.count != before.count || !l.nothing_to_come()) return later;
    return {nothing_can_happen(), never};
}

idle_watch::verdict idle_watch::ask(loop& l, bool (*alone)(void*), void* context) noexcept {
    const time_point begin = l.time_of(l.stamp());
    const bool nothing_here = l.nothing_to_come();
    const std::uint64_t done = l.statistics().resumptions;
    if (begin < due_) return {nullptr, nothing_here && done != looked_after_ ? due_ : never};
    looked_after_ = done;
    verdict v;
    try {
        v = look(l, nothing_here, alone, context, begin);
    } catch (const std::bad_alloc&) {
        // a report has to wait for better days
    }
    const time_point end = l.time_of(l.stamp());
    due_ = end + std::max(least_spacing, (end - begin) * spacing);
    return v;
}

}  // namespace coil::debug
