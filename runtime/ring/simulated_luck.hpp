// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_faults.hpp>
#include <coil/runtime/ring/simulated_random.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coil::ring {

class simulated_file;

// Decides which operation meets which fault.
class simulated_luck {
public:
    simulated_luck(simulated_random& random, const sim::faults& faults, std::span<const sim::planned_fault> plan);

    // An operation of a kind begins, on a file or none: 0, or the negative errno that it answers with. Of a `trial` it is
    // not yet known whether it counts.
    long begins(sim::kind what, simulated_file* on, bool trial);
    // A trial had something to say.
    void counts(sim::kind what) noexcept { ++counts_[static_cast<std::size_t>(what)]; }

    std::size_t most_to_read(std::size_t wanted) { return cut(wanted, faults_.short_reads); }
    std::size_t most_to_write(std::size_t wanted) { return cut(wanted, faults_.short_writes); }
    bool sees_nothing() { return random_.chance(faults_.nothing_yet); }
    bool cancels_late() { return random_.chance(faults_.late_cancels); }
    bool finds_no_room() { return random_.chance(faults_.full_completions); }
    // In ns; 0: none.
    std::uint64_t delay();
    const sim::faults& faults() const noexcept { return faults_; }

private:
    std::size_t cut(std::size_t wanted, double chance);
    int error(sim::kind what, simulated_file* on);

    simulated_random& random_;
    const sim::faults faults_;
    const std::vector<sim::planned_fault> plan_;
    std::array<std::uint64_t, static_cast<std::size_t>(sim::kind::other) + 1> counts_{};
};

}  // namespace coil::ring
