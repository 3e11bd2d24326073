// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/pool_options.hpp>

// Pools whose workers are on other machines: an optional part, over Open MPI (`-Dmpi`, library coil-mpi).
namespace coil::process {

/// Has a pool's workers on the other ranks of the job: `process::pool pool({}, {.over = process::mpi})`, the program
/// started by `mpirun -n 5 ./app`. Rank 0 runs main; the others end inside `init`, as any worker does. A rank makes no
/// calls itself but has worker processes beside it: a call that ends its worker costs that call, and no rank.
/// Shape: not told how many, a pool has one worker for each other rank; told, they are dealt out evenly. Pools share the ranks.
/// Descriptors, and what processes share by memory, cannot be arguments or results: `std::invalid_argument`.
/// Errors: `std::runtime_error` where there is no other rank. If a rank dies (`mpirun --enable-recovery`; without that
/// mpirun itself says which one died and ends the job), calls that its workers may have begun throw `worker_died`, which
/// names the rank, others are made elsewhere; with no rank left every call throws. A rank on this machine is missed at
/// once, one elsewhere when nothing was heard of it for 30 seconds (environment: COIL_MPI_SILENCE, in seconds, for all).
/// Threads: MPI is coil's alone in such a program, on a thread of its own that naps when there is nothing to carry.
/// Cost: some tens of microseconds a call there and back; chunks of calls share that.
extern const worker_source* const mpi;

/// The same with ranks that the pool has made, by MPI_Comm_spawn: no mpirun is needed. As many as the largest pool has
/// workers; they stay for the next pool. Errors: `std::invalid_argument` if the pool is not told how many.
/// Cost: the first pool takes about a second, in which it keeps its thread.
extern const worker_source* const mpi_spawned;

}  // namespace coil::process
