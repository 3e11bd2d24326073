// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/timer.hpp>
#include <coil/runtime/coro/wait.hpp>

namespace coil {

/// Has two flags where a wait has room.
class flagged_wait : public wait {
protected:
    using wait::wait;
    bool absolute_ = false;  // the deadline is one, and not a duration until it suspends
    bool armed_ = false;
};

/// Is a wait that nothing but a deadline or a stop ends. It is armed as it is.
class deadline_wait : public flagged_wait, protected timer_key {
protected:
    using flagged_wait::flagged_wait;

private:
    friend class timer_ref;
    void expire() noexcept {
        if (claim(claim_state::taken)) make_ready();
    }
};

}  // namespace coil
