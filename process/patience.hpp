// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>

namespace coil::process {

/// How long one looks before one sleeps: a wake-up across processes costs some 40 us, of which a partner that is at work
/// on another core needs one. On a single core nothing is spun for.
unsigned spins_of_thread() noexcept;
/// The same on the thread of a loop: less, and only while nothing else there is ready.
unsigned spins_of_task() noexcept;

/// Asks until it is true or the spins are over.
template <class F>
bool spin(unsigned most, F&& done) {
    for (; most != 0; --most) {
        if (done()) return true;
        relax();
    }
    return false;
}

/// Throws `errc::resource_deadlock_would_occur` on a thread of coil, where a call that sleeps would keep others from their
/// turn, or wait for itself.
void refuse_on_coil_thread(const char* what, place where);

}  // namespace coil::process
