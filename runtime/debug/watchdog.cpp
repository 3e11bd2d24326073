// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/debug/watchdog.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/ring/tick.hpp>

#include <new>

namespace coil::debug {

namespace {

void append_spawned(std::string& text, const place& spawned) {
    if (spawned.line() == 0) return;
    text.append(", spawned at ");
    text.append(to_string(spawned));
}

}  // namespace

std::string late_report(const stint& s, std::string_view thread) {
    std::string text(s.what == stint::kind::task ? "a task kept its loop for " : "a call kept its loop for ");
    append_duration(text, s.over - s.begin);
    text.append(" (thread ").append(thread).append(")");
    if (s.task == 0) return text;
    text.append(": ");
    append_task(text, s.task, s.name);
    append_spawned(text, s.spawned);
    if (s.from.line() != 0) {
        text.append(", from its await at ");
        text.append(to_string(s.from));
    } else {
        text.append(", from its beginning");
    }
    if (!s.end.empty()) {
        text.append(" to its end: ").append(s.end);
    } else if (s.to.line() != 0) {
        text.append(" to the one at ");
        text.append(to_string(s.to));
    }
    return text;
}

std::string stall_report(const observed_thread::activity& a, nanoseconds so_far, std::string_view thread) {
    std::string text("a task has not come back to its loop for ");
    append_duration(text, so_far);
    text.append(" (thread ").append(thread).append("): ");
    append_task(text, a.task, a.name);
    append_spawned(text, a.spawned);
    if (a.from.line() == 0) return text.append(", since its beginning");
    text.append(", since its await at ");
    text.append(to_string(a.from));
    return text;
}

void look_for_stalls(nanoseconds limit) noexcept {
    try {
        for (observed_thread* const t : observed_thread::all()) {
            const observed_thread::activity a = t->doing();
            if (a.tick == 0 || a.tick == t->told) continue;
            const nanoseconds so_far = ring::time_of(ring::read_tick()) - ring::time_of({a.tick});
            if (so_far < limit) continue;
            t->told = a.tick;
            log(stall_report(a, so_far, t->name()));
        }
    } catch (const std::bad_alloc&) {
        // the next look may find memory
    }
}

}  // namespace coil::debug
