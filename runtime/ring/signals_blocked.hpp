// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <pthread.h>

#include <csignal>

namespace coil::ring {

/// Blocks every signal in the calling thread while it exists: a thread started meanwhile inherits that.
class signals_blocked {
public:
    signals_blocked() noexcept {
        sigset_t all;
        sigfillset(&all);
        pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    signals_blocked(const signals_blocked&) = delete;
    signals_blocked& operator=(const signals_blocked&) = delete;
    ~signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

private:
    sigset_t before_{};
};

}  // namespace coil::ring
