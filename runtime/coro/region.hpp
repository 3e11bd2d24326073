// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

namespace coil {

/// Is a stretch of awaits that can be stopped (timeout, scope, children of a combinator) or kept from being stopped
/// (shield). It lies in the awaiter that opened it; regions nest along the branch and from a child to its parent.
struct region {
    region* outer = nullptr;
    std::atomic<bool> stopped{false};  // set once, by anybody; the walk below may read it on another thread
    bool shielded = false;             // stops from further out end here
    bool timed = false;                // it is the region of a `time_limit`

    region() noexcept = default;
    explicit region(region* o, bool shield = false) noexcept : outer(o), shielded(shield) {}

    /// Tells whether a stop reaches code in `from`: some region out to the first shield is stopped.
    static bool reaches(const region* from) noexcept {
        for (; from; from = from->outer) {
            if (from->stopped.load(std::memory_order_acquire)) return true;
            if (from->shielded) return false;
        }
        return false;
    }
    /// The same, but only regions outside `inner` count.
    static bool reaches_from_outside(const region& inner) noexcept {
        return !inner.shielded && reaches(inner.outer);
    }
};

}  // namespace coil
