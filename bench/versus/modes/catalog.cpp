// SPDX-License-Identifier: BSL-1.0
#include <algorithm>
#include <array>

#include "modes/coroutines.hpp"
#include "modes/mode.hpp"
#include "modes/processes.hpp"
#include "modes/sequential.hpp"
#include "modes/threads.hpp"

namespace versus {
namespace {

// A process costs megabytes where a thread costs kilobytes, so fewer of them wait at once.
constexpr std::size_t most_waiting_processes = 16;

std::size_t one(work_kind, const mode_limits&) {
    return 1;
}

// Coroutines and fibers have no thread each, so any number may be under way: what computes among them stands in line for a core,
// and while one waits for a file, another has it.
std::size_t in_flight(work_kind, const mode_limits& limits) {
    return limits.in_flight;
}

std::size_t in_flight_or_cores(work_kind kind, const mode_limits& limits) {
    return kind == work_kind::computes ? limits.cores : limits.in_flight;
}

std::size_t few_or_cores(work_kind kind, const mode_limits& limits) {
    if (kind == work_kind::computes) return limits.cores;
    return std::min(limits.in_flight, std::max(limits.cores, most_waiting_processes));
}

constexpr std::array modes{
    mode_entry{"sequential", "one item after another, blocking calls", one, run_sequential},
    mode_entry{"loop", "coroutines on one thread, awaited calls", in_flight, run_on_loop},
    mode_entry{"fibers", "a fiber for each item on one thread: ordinary functions that wait", in_flight, run_fibers},
    mode_entry{"pool", "coroutines on a thread for each core, awaited calls", in_flight, run_on_pool},
    mode_entry{"loop+pool", "coroutines on one thread, awaited calls; what computes is sent to the pool", in_flight,
               run_on_loop_and_pool},
    mode_entry{"threads", "a thread for each item, blocking calls, a bounded number at once", in_flight_or_cores,
               run_threads},
    mode_entry{"processes", "a coil::process::pool of workers, blocking calls", few_or_cores, run_processes},
};

}  // namespace

std::span<const mode_entry> all_modes() {
    return modes;
}

bool is_on_one_thread(std::string_view mode) {
    return mode == "sequential" || mode == "loop" || mode == "fibers";
}

const mode_entry* find_mode(std::string_view name) {
    const auto found = std::ranges::find(modes, name, &mode_entry::name);
    return found == modes.end() ? nullptr : &*found;
}

}  // namespace versus
