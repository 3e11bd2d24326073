// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/simulate.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/log.hpp>
#include <coil/runtime/debug/task_report.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>
#include <coil/runtime/sched/simulated_threads.hpp>

#include <charconv>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <utility>

namespace coil::sim {

namespace {

std::uint64_t chosen(std::uint64_t seed) {
    const char* const text = std::getenv("COIL_SIM_SEED");
    if (text == nullptr || *text == '\0') return seed;
    const char* const end = text + std::strlen(text);
    const auto [at, error] = std::from_chars(text, end, seed);
    if (error != std::errc() || at != end)
        throw std::invalid_argument("COIL_SIM_SEED is no number from 0 to 2^64 - 1: \"" + std::string(text) + "\"");
    return seed;
}

std::string in_seconds(nanoseconds since) {
    constexpr std::int64_t second = 1'000'000'000;
    std::string text = std::to_string(second + since.count() % second);  // a one, and nine digits
    text[0] = '.';
    return std::to_string(since.count() / second) + text;
}

}  // namespace

struct simulation::parts {
    parts(std::uint64_t s, const options& o)
        : seed(chosen(s)), threads(seed ^ 0x5851f42d4c957f2d, o.pool_size), home(make_ring(o)), begun(home.now()) {}

    std::unique_ptr<ring::ring> make_ring(const options& o) {
        return std::make_unique<ring::simulated_ring>(ring::simulation_options{.seed = seed,
                                                                               .faults = o.faults,
                                                                               .plan = o.plan,
                                                                               .descriptors = o.descriptors,
                                                                               .buffer = o.buffer,
                                                                               .when_idle = &everything_waits,
                                                                               .context = this});
    }
    static void everything_waits(void* context);
    std::string text_of_hang();

    std::uint64_t seed;
    simulated_threads threads;
    loop home;
    time_point begun;
    bool hangs = false;
};

std::string simulation::parts::text_of_hang() {
    std::string text = "coil: the simulation hangs after " + in_seconds(home.now() - begun) +
                       " s of virtual time: nothing is in flight, no timer is armed, and these wait:";
    for (const task_row& row : debug::tasks_in_reach())
        text.append("\n  ").append(debug::outline_of(row));
    return text;
}

// Called by the ring, on this thread, instead of a wait that nobody would end. The call that throws ends the run: all is
// stopped, and what waits is cancelled.
void simulation::parts::everything_waits(void* context) {
    parts& self = *static_cast<parts*>(context);
    if (std::exchange(self.hangs, true))
        broken("a simulation hangs although all of it was stopped: something that cannot be stopped waits for ever");
    self.home.post([text = self.text_of_hang()] { throw hang(text); });
}

simulation::simulation(std::uint64_t seed, const options& o, place where) {
    if (this_simulation != nullptr) misuse("sim::run inside a simulation", where);
    parts_ = std::make_unique<parts>(seed, o);
}

simulation::~simulation() {
    parts_->threads.run_leftovers();
}

loop& simulation::home() noexcept {
    return parts_->home;
}

void simulation::has_failed() const noexcept {
    const std::string seed = std::to_string(parts_->seed);
    log("simulation failed with seed " + seed + "; COIL_SIM_SEED=" + seed + " replays it");
}

time_point now(place where) {
    if (this_simulation == nullptr) misuse("sim::now outside of a simulation", where);
    return this_simulation->home().now();
}

}  // namespace coil::sim
