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

constexpr std::size_t most_tasks = 10'000;        // that a loop with other things to do is kept from them for
constexpr unsigned sleeps_between_stamps = 16;    // with other things to do: some sleeps cost little more than a stamp
constexpr std::uint64_t spacing = 1024;           // times the length of a look
constexpr std::uint64_t spacing_to_confirm = 64;  // that a thread of the program's own has come to stay
constexpr std::uint64_t least_spacing = 1 << 21;  // in counts of the stamp: a millisecond or two
constexpr std::uint64_t most_spacing = 1U << 31;  // a second or two: a look may have been held up by others
// An earlier deadline would have the kernel set its timer anew for each short sleep, which costs more than the sleep.
constexpr nanoseconds until_settled = std::chrono::milliseconds(50);
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
    return 1 + (p ? p->size() : 0) + blocking_pool().threads() + (the_watch_thread().runs() ? 1 : 0) +
           machine::resting_threads();
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

idle_watch::verdict idle_watch::look(loop& l, bool nothing_here, bool (*alone)(void*), void* context) {
    if (auto circle = find_lock_cycle(*run_, nothing_here ? ~std::size_t{0} : most_tasks, memory_))
        return {std::make_exception_ptr(*std::move(circle)), never, 0};
    if (!nothing_here || !alone(context)) return {};
    const auto after = [&l](nanoseconds pause) { return verdict{nullptr, l.now() + pause, 0}; };
    const activity first = activity::now();
    if (!first.at_rest) return after(while_others_work);
    if (machine::catches_signals(borrowed_dump_signal())) return {};
    if (machine::threads() != threads_of_coil()) {
        // or one of coil's that is about to begin, or to end
        return ++foreign_in_a_row_ == 1 ? after(until_settled) : verdict();
    }
    foreign_in_a_row_ = 0;
    // what the others did last was to post something here, perhaps: that is looked for at the end
    const activity second = activity::now();
    if (!second.at_rest || second.count != first.count || !l.nothing_to_come()) return after(while_others_work);
    return {nothing_can_happen(), never, 0};
}

idle_watch::verdict idle_watch::ask(loop& l, bool nothing_here, bool (*alone)(void*), void* context) noexcept {
    const std::uint64_t begin = l.stamp();
    const std::uint64_t done = l.statistics().resumptions;
    verdict v;
    if (begin >= due_) {
        looked_after_ = done;
        try {
            v = look(l, nothing_here, alone, context);
        } catch (const std::bad_alloc&) {
            v.ask_again = l.now() + while_others_work;  // there may be better days
        }
        undecided_ = v.ask_again != never;
        const std::uint64_t end = l.stamp();
        const std::uint64_t pause = (end - begin) * (foreign_in_a_row_ == 1 ? spacing_to_confirm : spacing);
        due_ = end + std::clamp(pause, least_spacing, most_spacing);
        return v;
    }
    // threads of the program's own that have been there for so long will not be gone by then
    if (!nothing_here || foreign_in_a_row_ >= 2) v.unasked = sleeps_between_stamps - 1;
    else if ((undecided_ || done != looked_after_) && alone(context)) v.ask_again = l.now() + until_settled;
    return v;
}

}  // namespace coil::debug
