// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_faults.hpp>
#include <coil/runtime/run/run.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string_view>

namespace coil::sim {

/// How a simulation is set up.
struct options {
    sim::faults faults = {};                   ///< what goes wrong, at random
    std::span<const planned_fault> plan = {};  ///< and by plan
    unsigned pool_size = 4;                    ///< workers that `pool()` seems to have
    std::size_t descriptors = 65536;           ///< that may be open at once
    std::size_t buffer = 65536;                ///< bytes that a socket keeps for whoever reads it
    std::string_view name = {};                ///< of the main task
};

/// Is thrown by `run` when everything waits for something that cannot come: nothing is in flight, no timer is armed, no
/// work is left. Its text has the virtual time and the tasks that wait.
class hang : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// Is a loop over a simulated ring, and this thread as the one that runs its pool and its blocking calls; for `run`.
class simulation {
public:
    simulation(std::uint64_t seed, const options& o, place where);
    ~simulation();
    simulation(const simulation&) = delete;
    simulation& operator=(const simulation&) = delete;

    loop& home() noexcept;
    /// Tells the log hook the seed.
    void has_failed() const noexcept;

private:
    struct parts;
    std::unique_ptr<parts> parts_;
};

/// Runs a task, or any awaitable, and all that it spawns, in a simulated world on this thread: sockets, pipes and files in
/// memory, a clock that jumps to what happens next, faults if they are asked for. The order of completions, of ready
/// tasks, of pool work and of `blocking` calls (which all run on this thread) is drawn from the seed.
/// The same seed: the same run, as long as the program asks nobody but coil (no other clock, randomness, threads,
/// addresses as numbers). The environment variable COIL_SIM_SEED overrides the seed.
/// Completes: with the task's value. Errors: as `coil::run`, and `hang`; when it throws, the log hook is told the seed.
/// `std::invalid_argument` for a COIL_SIM_SEED that is no number.
/// Threads: any that runs nothing; several may simulate at once, each its own world. A `blocking` call that waits for
/// another task never comes back: there is one thread.
/// Lifetime: what was opened inside is closed, or gone, by its end; the task's value must not hold it.
/// Cost: no system call; some thousands of small runs in a second.
template <to_be_awaited A>
await_result_t<A> run(std::uint64_t seed, A&& a, options o = {}, place where = place::current()) {
    if (this_thread.here) misuse("sim::run inside a run: this thread runs tasks already", where);
    auto main = as_task(std::forward<A>(a));
    if (!main) misuse("this task was awaited, spawned or moved from before", where);
    simulation world(seed, o, where);
    try {
        run_state state(world.home(), {.name = o.name}, where);
        const auto frame = main.release();
        state.execute(frame.promise(), frame, where);
        return take_result<typename decltype(main)::value_type>(state);
    } catch (...) {
        world.has_failed();
        throw;
    }
}

/// The virtual time. Errors: `std::logic_error` on a thread that simulates nothing.
time_point now(place where = place::current());

}  // namespace coil::sim
