// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/wire.hpp>

#include <memory>

namespace coil::process {

/// Begins MPI on the calling thread. The wire of the first process leads to all other ranks and to what it spawns; that of
/// the others leads to the first. Errors: `std::runtime_error`, what MPI says.
std::unique_ptr<wire> begin_mpi(bool was_spawned);

/// Whether somebody has started this program as one of several ranks, and which one it is; -1: nobody has.
int rank_by_environment() noexcept;

}  // namespace coil::process
