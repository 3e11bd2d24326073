// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <csignal>

namespace coil::ring {

// Keeps a SIGPIPE that this thread's calls raise from arriving, here and anywhere.
class pipe_signal_withheld {
public:
    pipe_signal_withheld() noexcept;
    pipe_signal_withheld(const pipe_signal_withheld&) = delete;
    pipe_signal_withheld& operator=(const pipe_signal_withheld&) = delete;
    ~pipe_signal_withheld();

private:
    sigset_t before_;
    bool pending_;
};

}  // namespace coil::ring
