// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/function.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/time.hpp>

#include <string_view>

namespace coil::process {

class worker_source;

/// Says how a pool is made.
struct pool_options {
    /// Called once in each worker before anything else: `function<&set_up>`, a function without parameters.
    const function_entry* initialiser = nullptr;
    count max_tasks_per_child = {};  ///< calls after which a worker is replaced by a new one; not given: never
    std::string_view name = {};      ///< workers are named after it: "name-1"; not given: "pool"
    /// How long a call that was stopped may go on before its worker is ended.
    any_duration stop_grace = nanoseconds(20'000'000);
    /// Where the workers are: `coil::process::mpi` of <coil/process/mpi.hpp>, say; not given: on this machine.
    const worker_source* over = nullptr;
};

/// Says how many calls travel to a worker at one time.
struct map_options {
    count chunk = {};  ///< not given: by how much there is left to do, from 256 down to 1
};

}  // namespace coil::process
