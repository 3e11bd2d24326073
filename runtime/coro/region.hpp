// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

namespace coil {

/// Is what a stop marks: of a task, in its record, or of a `region` inside.
struct stop_mark {
    enum class kind : std::uint8_t { region, time_limit, task };

    std::atomic<bool> stopped{false};  // set once, by anybody; the walk below may read it on another thread
    bool shielded = false;             // stops from further out end here
    kind is = kind::region;            // nothing lies further out than a task's own

    stop_mark() noexcept = default;
    explicit stop_mark(kind k) noexcept : is(k) {}

    stop_mark* further_out() const noexcept;

    /// Tells whether a stop reaches code in `from`: some region out to the first shield is stopped.
    static bool reaches(const stop_mark* from) noexcept {
        for (; from; from = from->further_out()) {
            if (from->stopped.load(std::memory_order_acquire)) return true;
            if (from->shielded) return false;
        }
        return false;
    }
};

/// Is a stretch of awaits that can be stopped (timeout, scope, children of a combinator) or kept from being stopped
/// (shield). It lies in the awaiter that opened it; regions nest along the branch and from a child to its parent.
struct region : stop_mark {
    std::uint8_t filler = 0;  // for the marks of a new one to be written as one word
    stop_mark* outer = nullptr;

    region() noexcept = default;
    explicit region(stop_mark* o, bool shield = false) noexcept : outer(o) { shielded = shield; }

    /// Tells whether a stop reaches it, but only from regions outside of `inner`.
    static bool reaches_from_outside(const region& inner) noexcept {
        return !inner.shielded && reaches(inner.outer);
    }

protected:
    explicit region(kind k) noexcept : stop_mark(k) {}
};

inline stop_mark* stop_mark::further_out() const noexcept {
    return is == kind::task ? nullptr : static_cast<const region*>(this)->outer;
}

}  // namespace coil
