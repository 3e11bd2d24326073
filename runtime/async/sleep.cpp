// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/sleep.hpp>

#include <string>

namespace coil {

const wait_table sleep_await::table = {&sleep_await::stop, &sleep_await::where, &sleep_await::describe};

std::coroutine_handle<> sleep_await::await_suspend(std::coroutine_handle<> h) noexcept {
    executor* home = owner()->home;
    const time_point now = absolute_ && deadline == never ? time_point{} : home->now();
    if (!absolute_) deadline = deadline_after(now, deadline.time_since_epoch());
    if (deadline <= now) {
        handle = h;
        owner()->suspends();
        make_ready();
        return std::noop_coroutine();
    }
    const bool suspended = enter(h, [this, home] {
        armed_ = deadline != never;
        if (armed_) home->arm(*this);
        return true;
    });
    return suspended ? std::noop_coroutine() : h;
}

bool sleep_await::stop(wait& w) noexcept {
    auto& self = static_cast<sleep_await&>(w);
    if (!self.claim(claim_state::stopped)) return false;
    // it is armed where it suspended, and that is still the home
    if (self.armed_) self.owner()->home->disarm(self);
    return true;
}

executor* sleep_await::where(const wait& w) noexcept {
    executor* home = w.owner()->home;
    return home->parallel() ? nullptr : home;
}

void sleep_await::describe(const wait&, std::string& text) { text.append("a timer"); }

}  // namespace coil
