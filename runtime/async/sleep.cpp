// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/sleep.hpp>

#include <string>

namespace coil {

const wait_table yield_await::table = {[](wait&) noexcept { return false; }, nullptr,
                                       [](const wait&, std::string& text) { text.append("its next turn"); }};

const wait_table sleep_await::table = {&sleep_await::stop, &sleep_await::where, &sleep_await::describe};

std::coroutine_handle<> sleep_await::await_suspend(std::coroutine_handle<> h) noexcept {
    executor* home = owner()->home;
    const time_point now = absolute_ && until_ == never ? time_point{} : home->now();
    if (!absolute_) until_ = deadline_after(now, duration_);
    if (until_ <= now) {
        handle = h;
        owner()->suspends();
        make_ready();
        return std::noop_coroutine();
    }
    const bool suspended = enter(h, [this, home] {
        if (until_ == never) return true;
        armed_on_ = home;
        alarm_.deadline = until_;
        home->arm(alarm_);
        return true;
    });
    return suspended ? std::noop_coroutine() : h;
}

void sleep_await::alarm::ring(timer& t) noexcept {
    sleep_await& w = *static_cast<alarm&>(t).owner;
    if (w.claim(claim_state::taken)) w.make_ready();
}

bool sleep_await::stop(wait& w) noexcept {
    auto& self = static_cast<sleep_await&>(w);
    if (!self.claim(claim_state::stopped)) return false;
    if (self.armed_on_) self.armed_on_->disarm(self.alarm_);
    return true;
}

executor* sleep_await::where(const wait& w) noexcept {
    executor* home = w.owner()->home;
    return home->parallel() ? nullptr : home;
}

void sleep_await::describe(const wait&, std::string& text) { text.append("a timer"); }

}  // namespace coil
