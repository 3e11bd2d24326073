// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/completed.hpp>
#include <coil/process/exit_status.hpp>
#include <coil/process/options.hpp>
#include <coil/process/pipe_end.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace coil::process {

class child_state;

/// Is a child process and this process's ends of its pipes.
/// Shape: it owns the child: destroying it kills the child, with its process group if it leads one, and leaves no zombie
/// (the status is taken in the background). Moved from, or detached, it owns nothing, and may be destroyed or
/// assigned to; all else is `std::logic_error`.
/// Threads: `wait`, `alive` and the signals from any; the rest by one thread at a time.
class child {
public:
    child(std::shared_ptr<child_state> state, std::vector<std::string> args) noexcept;
    child(child&& other) noexcept;
    child& operator=(child&& other) noexcept;
    ~child();

    /// This process's end of the child's standard input, output and error.
    /// Errors: `std::logic_error` if that is no pipe (nor terminal).
    pipe_end& in(place where = place::current()) { return checked(in_, ".in", where); }
    pipe_end& out(place where = place::current()) { return checked(out_, ".out", where); }
    pipe_end& err(place where = place::current()) { return checked(err_, ".err", where); }

    /// Waits for the child's end. Completes: with how it ended; again, and for others that wait, with the same. An end that
    /// nobody can tell any more (see `exit_status`) completes too. Processes that the child has left behind are not
    /// waited for, even if they hold its pipes.
    /// Cancel: the child goes on; the status is not lost.
    /// Cost: one entry of the ring, one frame.
    [[nodiscard("co_await it")]] task<exit_status> wait(place where = place::current()) const;
    /// How it ended, if it has. Never waits.
    std::optional<exit_status> status(place where = place::current()) const;
    bool alive(place where = place::current()) const { return !status(where).has_value(); }
    int pid(place where = place::current()) const;
    const std::vector<std::string>& args() const noexcept { return args_; }

    /// Sends SIGTERM, or SIGKILL, to the child and to the process group that it leads. Nothing happens once it has been
    /// waited for: no signal ever reaches a stranger.
    void terminate(place where = place::current()) const;
    void kill(place where = place::current()) const;
    /// Sends a signal to the child alone. False if it has ended and been waited for.
    /// Errors: `std::invalid_argument` for a number that no signal has.
    bool send_signal(int number, place where = place::current()) const;
    /// Ends it: SIGTERM, and SIGKILL if it has not ended after `grace`. Completes: with how it ended.
    /// Cancel: the time of grace is over at once, the rest is shielded.
    [[nodiscard("co_await it")]] task<exit_status> stop(time_allowed grace = {}, place where = place::current());

    /// Writes all of `input` to the child's standard input and closes it, reads output and error to their ends, where they
    /// are pipes, and waits: at the same time, so that neither can keep the other waiting for ever.
    /// Errors: those of reading and writing, but not that the child does not want all of its input.
    /// Cancel: what was read is kept for the next `communicate`; `input` is then no longer written.
    /// Lifetime: `input` lives until it has ended.
    [[nodiscard("co_await it")]] task<completed> communicate(byte_view input = {}, place where = place::current());

    /// Lets the child live on by itself. Its status is still taken when it ends, as long as this process lives.
    void detach() noexcept;

private:
    friend class child_maker;
    friend class family;
    const std::shared_ptr<child_state>& checked(place where) const;
    task<completed> communicate_checked(byte_view input);
    static pipe_end& checked(pipe_end& p, const char* which, place where);
    void let_go() noexcept;

    std::shared_ptr<child_state> state_;
    std::vector<std::string> args_;
    pipe_end in_, out_, err_;
    std::string out_text_, err_text_;  // what an interrupted `communicate` had read
};

}  // namespace coil::process
