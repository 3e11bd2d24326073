// SPDX-License-Identifier: BSL-1.0
// The kernel's part in these tests: it looks at a word's newest value and puts to sleep in one step.
#include <coil/runtime/base/futex.hpp>

namespace coil::futex {

woken wait(const word& w, std::uint32_t value, time_point deadline, reach) noexcept {
    model::explorer& e = model::explorer::now();
    e.point();
    if (w.newest() != value) return woken::changed;
    return e.sleep(&w, deadline != never) ? woken::yes : woken::late;
}

int wake(const word& w, int most, reach) noexcept {
    model::explorer& e = model::explorer::now();
    e.point();
    return e.wake(&w, most);
}

int wake_all(const word& w) noexcept {
    return wake(w, 1000);
}

}  // namespace coil::futex
