// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_signal.hpp>

#include <cerrno>
#include <ctime>

namespace coil::ring {

namespace {
sigset_t only_pipe() noexcept {
    sigset_t s;
    sigemptyset(&s);
    sigaddset(&s, SIGPIPE);
    return s;
}
bool pipe_pends() noexcept {
    sigset_t pending;
    return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}
}  // namespace

pipe_signal_withheld::pipe_signal_withheld() noexcept {
    const sigset_t it = only_pipe();
    pthread_sigmask(SIG_BLOCK, &it, &before_);
    pending_ = pipe_pends();
}

// One that was pending before is somebody else's.
pipe_signal_withheld::~pipe_signal_withheld() {
    const int error = errno;
    if (!pending_ && pipe_pends()) {
        const sigset_t it = only_pipe();
        const timespec at_once{};
        while (sigtimedwait(&it, nullptr, &at_once) < 0 && errno == EINTR) {}
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
    errno = error;
}

}  // namespace coil::ring
