// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/fd_stream.hpp>
#include <coil/runtime/io/signal_list.hpp>

#include <concepts>
#include <cstdint>
#include <memory>

namespace coil {

/// Is a signal that has come.
struct signal_info {
    int number = 0;
    int code = 0;           // SI_USER, SI_QUEUE, CLD_EXITED, ...
    std::uint32_t pid = 0;  // of the sender
    std::uint32_t uid = 0;  // of its user
    int status = 0;         // of a child, with SIGCHLD
    int value = 0;          // sent along by sigqueue
};

/// Takes signals as a stream of values: `coil::signal_set s{SIGHUP, SIGTERM}; auto i = co_await s.next();`
/// Shape: what is sent to the process. A signal that comes again before it was fetched comes once (real-time signals
/// are counted). The constructor blocks the signals in the calling thread; threads of coil block them anyway, and
/// threads made later inherit it. So make it in main before threads that are not coil's: one that does not block a
/// signal may get it in the set's stead.
/// Errors: "signal_set signal 9: Invalid argument" for what cannot be caught; `std::logic_error` for a signal that
/// another set or `stop_on` has taken.
/// Threads: one `next` at a time. Lifetime: destroyed on the thread that made it, it unblocks what it had blocked
/// there: a signal that came and was not fetched then does what it does by default.
/// Cost: one descriptor.
class signal_set {
public:
    explicit signal_set(signal_list signals);
    template <std::same_as<int>... Int>
        requires(sizeof...(Int) > 1)
    explicit signal_set(Int... signals) : signal_set(signal_list(signals...)) {}
    signal_set(signal_set&&) noexcept;
    signal_set& operator=(signal_set&&) noexcept;
    ~signal_set();

    /// Waits for the next signal. Cancel: no signal is lost.
    task<signal_info> next();
    /// Yields signals without an end.
    async_generator<signal_info> signals();

private:
    struct blocked;
    std::unique_ptr<blocked> blocked_;
    fd_stream stream_;
};

}  // namespace coil
