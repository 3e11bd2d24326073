// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <string_view>

// What a worker does once it has found out that it is one. Its arguments: name of the program, mark, kind, own name.
namespace coil::process {

inline constexpr std::string_view worker_mark = "--coil-worker";
inline constexpr std::string_view pool_worker = "pool";
inline constexpr std::string_view started_kind = "start";
inline constexpr std::string_view manager_worker = "manager";
inline constexpr std::string_view rank_worker = "rank";  // one that was spawned, and has workers of its own

// Its descriptors, as numbers.
inline constexpr int lifeline_number = 3;
inline constexpr int control_number = 4;   // a socket to the parent
inline constexpr int memory_number = 5;    // a pool's: shared memory; else a file with the arguments
inline constexpr int bell_number = 6;      // a pool's: rung for the parent
inline constexpr int first_passed_number = 7;

/// Serves a pool until it says that this is enough. Returns the exit code.
int serve_pool();
/// Has `init` ask whether this process serves others in a way of its own: a non-negative answer is its exit code then.
/// `marked`: it was told so by its arguments.
void set_other_service(int (*serve)(bool marked)) noexcept;
/// Runs the one function that `start` was given. Returns the exit code.
int serve_start();

}  // namespace coil::process
