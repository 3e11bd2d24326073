// SPDX-License-Identifier: BSL-1.0
#include <coil/version.hpp>

#if COIL_HAS_MPI
#include <coil/process/mpi.hpp>

#include <type_traits>

// This program is not linked with MPI: what happens over it is seen by tests/behaviour/pools_over_ranks.cpp, and all but MPI
// itself by rank_relay_test.cpp. A program that only includes the header needs no more than the header.
static_assert(std::is_same_v<decltype(coil::process::mpi), const coil::process::worker_source* const>);
static_assert(std::is_same_v<decltype(coil::process::mpi_spawned), decltype(coil::process::pool_options::over) const>);
#endif
