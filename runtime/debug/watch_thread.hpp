// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/futex.hpp>
#include <coil/runtime/base/time.hpp>

#include <atomic>
#include <thread>

namespace coil::debug {

// The thread that looks after what cannot look after itself: a loop that does not come back, a trace whose threads
// sleep, a dump that a signal has asked for.
// Threads: `start` and `stop` by one at a time.
class watch_thread {
public:
    struct duties {
        nanoseconds limit{};    // zero: nobody's stalls are looked for
        bool traces = false;    // the trace is at most a second late
        int dump_signal = 0;    // 0: none; else it is let through to this thread, should all others block it
        void (*dump)() noexcept = nullptr;
    };
    // Errors: std::system_error if there can be no thread.
    void start(const duties& d);
    void stop() noexcept;
    // Threads: any, and in a handler of a signal.
    void ask_for_dump() noexcept;
    // True from the start to the end. Threads: any.
    bool runs() const noexcept { return runs_.load(); }

private:
    void main() noexcept;
    void nudge() noexcept;

    std::thread thread_;
    duties duties_;
    std::atomic<bool> runs_{false};
    std::atomic<bool> stopping_{false};
    std::atomic<bool> dump_{false};
    // How often somebody had something to say: the thread sleeps as long as this stays what it was before it looked.
    futex::word calls_{0};
};

// The one of the process; never destroyed.
watch_thread& the_watch_thread() noexcept;

}  // namespace coil::debug
