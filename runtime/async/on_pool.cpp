// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/on_pool.hpp>

namespace coil {

std::coroutine_handle<> excursion::start(executor& to, branch& b, promise_base& body, std::coroutine_handle<> frame,
                                         std::coroutine_handle<> awaiting) noexcept {
    home_ = b.home;
    awaiting_ = awaiting;
    body.continue_with(*this, b);
    set_owner(&b);
    if (home_ == &to && to.here()) return transfer(frame);
    handle = frame;
    hopped_ = true;
    ++this_thread.away;
    if (!b.root->shared()) b.root->share();
    b.move_to(to);
    to.post(*this);
    return std::noop_coroutine();
}

std::coroutine_handle<> excursion::who_awaits(const after_hook& hook) noexcept {
    return static_cast<const excursion&>(hook).awaiting_;
}

std::coroutine_handle<> excursion::home_again(after_hook& hook) noexcept {
    auto& self = static_cast<excursion&>(hook);
    branch& b = *self.owner();
    executor* home = self.home_;
    b.move_to(*home);
    if (home->here()) return self.awaiting_;
    self.handle = self.awaiting_;
    home->post(self);
    return std::noop_coroutine();
}

}  // namespace coil
