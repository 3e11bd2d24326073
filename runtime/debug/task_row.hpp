// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace coil {

/// Is one task as a report shows it.
struct task_row {
    std::uint64_t id = 0;
    std::string name;              ///< empty: it has none
    std::string state;             ///< "created", "ready", "running" or "suspended"
    std::string stop_reason;       ///< what its `cancel` was given; empty: nothing, or it is not stopped
    std::string waits_for;         ///< "a mutex"; of a task that waits for several things at once, joined by ", "
    place spawned_at;              ///< the line of its `spawn`, or of `run`
    std::vector<place> awaits;     ///< of what it waits for, innermost first: the chain of its awaits, each with its function
};

}  // namespace coil
