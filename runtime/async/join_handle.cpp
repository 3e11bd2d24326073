// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/join_handle.hpp>

#include <string>

namespace coil {

const wait_table join_wait::table = {&join_wait::stop, &join_wait::where, &join_wait::describe};

join_wait::join_wait(task_record& r, place where) noexcept : join_wait(table, r, where) {}

void join_wait::check() const {
    if (owner()->root == record_)
        misuse(std::errc::resource_deadlock_would_occur, "a task joins itself: it would wait for ever", where_);
    if (record_->has_joiner()) misuse("another task joins this one at the moment", where_);
}

bool join_wait::stop(wait& w) noexcept {
    return static_cast<join_wait&>(w).take_back();  // false: the task's end has taken us and makes us ready
}

executor* join_wait::where(const wait& w) noexcept {
    return static_cast<const join_wait&>(w).next_door_ ? w.owner()->home : nullptr;
}

void join_wait::describe(const wait& w, std::string& text) {
    const task_record& r = *static_cast<const join_wait&>(w).record_;
    text.append("end of task ").append(std::to_string(r.id()));
    if (!r.name().empty()) text.append(" \"").append(r.name()).append("\"");
}

timed_join::timed_join(task_record& r, nanoseconds d, place where) noexcept
    : join_wait(table, r, where), duration_(d) {}

void timed_join::alarm::ring(timer& t) noexcept {
    timed_join& w = *static_cast<alarm&>(t).owner;
    if (w.take_back()) {
        w.make_ready();
    } else if (!w.record_->ended()) {
        // rang on another thread before the joiner was set: come again
        t.deadline = deadline_after(t.deadline, std::chrono::microseconds(50));
        w.armed_on_->arm(t);
    }
}

std::coroutine_handle<> timed_join::await_suspend(std::coroutine_handle<> h) noexcept {
    if (duration_ <= nanoseconds::zero()) return h;
    executor* home = owner()->home;
    alarm_.deadline = deadline_after(home->now(), duration_);
    const bool suspended = enter(h, [this, home] {
        note_neighbour();  // first: the alarm, which may ring on another thread at once, looks at that
        if (alarm_.deadline != never) {
            armed_on_ = home;
            home->arm(alarm_);
        }
        // last: once the joiner is set, the end of the task may make us ready
        return register_here();
    });
    return suspended ? std::noop_coroutine() : h;
}

bool timed_join::await_resume() {
    if (armed_on_) armed_on_->disarm(alarm_);
    finish();
    return record_->ended();
}

}  // namespace coil
