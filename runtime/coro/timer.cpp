// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/timer.hpp>

#include <coil/runtime/coro/deadline_wait.hpp>

namespace coil {

timer_ref::timer_ref(deadline_wait& w) noexcept
    : word_(reinterpret_cast<std::uintptr_t>(static_cast<timer_key*>(&w)) | waits) {}

void timer_ref::fire() const noexcept {
    if (word_ & waits) return static_cast<deadline_wait&>(key()).expire();
    timer& t = static_cast<timer&>(key());
    t.fire(t);
}

}  // namespace coil
