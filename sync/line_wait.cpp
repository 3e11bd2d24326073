// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/line_wait.hpp>

#include <coil/runtime/base/contract.hpp>

#include <cstdint>
#include <string>

namespace coil {

const wait_table line_wait::table = {&line_wait::stop, nullptr, &line_wait::describe, &line_wait::held};
const wait_table timed_line_wait::table = {&line_wait::stop, nullptr, &line_wait::describe};

std::coroutine_handle<> line_wait::await_suspend(std::coroutine_handle<> h) noexcept {
    return suspend(h, [this] { return line_->enter(*this); });
}

bool line_wait::stop(wait& w) noexcept {
    auto& self = static_cast<line_wait&>(w);
    // Not under the lock: until we have left, the line cannot die; lost, it may be gone already.
    return self.win(outcome::stopped) && self.line_->leave(self);
}

void line_wait::describe(const wait& w, std::string& text) {
    const auto& self = static_cast<const line_wait&>(w);
    // once it is granted, the line may be gone
    if (self.is_waiting()) text.append(self.line_->name_with_article());
    else text.append("its turn");
}

bool line_wait::held(const wait& w, held_lock& l) {
    const auto& self = static_cast<const line_wait&>(w);
    return self.is_waiting() && self.line_->held(l);
}

void line_wait::ended_otherwise() const {
    if (state() == outcome::stopped) throw cancelled();
    if (state() != outcome::orphaned) return;  // too late, which the await says
    const auto name = reinterpret_cast<const char*>(static_cast<std::uintptr_t>(wants));  // the line left it behind
    misuse("the " + std::string(name) + " that this waited for was destroyed", where_);
}

std::coroutine_handle<> timed_line_wait::await_suspend(std::coroutine_handle<> h) noexcept {
    if (duration_ <= nanoseconds::zero()) {
        set_state(outcome::late);
        return transfer(h);
    }
    begins_to_wait();
    set_table(table);
    executor* const home = owner()->home;
    const bool entered = enter(h, [this, home] {
        alarm_.deadline = deadline_after(home->now(), duration_);
        if (alarm_.deadline != never) {
            // first: once we are in the line, we may be granted, resumed and gone
            armed_on_ = home;
            home->arm(alarm_);
        }
        return line().enter(*this);
    });
    return entered ? go_to_next() : transfer(h);
}

void timed_line_wait::alarm::ring(timer& t) noexcept {
    timed_line_wait& w = *static_cast<alarm&>(t).owner;
    // In no line yet: whoever is about to enter it sees that the claim is lost, and goes on by himself.
    if (w.win(outcome::late) && w.line().leave(w)) w.make_ready();
}

}  // namespace coil
