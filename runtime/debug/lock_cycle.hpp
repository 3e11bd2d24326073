// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/debug/deadlock.hpp>

#include <cstddef>
#include <memory_resource>
#include <optional>

namespace coil::debug {

/// Looks for tasks of a run each of which waits for a lock that the next one holds, round in a circle. Only waits count
/// that nothing else will end: none under a time limit, and none that has been stopped.
/// Exact: a circle is believed when each of its locks had the same owner before and after all of them were looked at.
/// Of more than `most` tasks none is looked at. `memory` is what the look itself needs. Errors: `std::bad_alloc`.
std::optional<deadlock> find_lock_cycle(const task_owner& run, std::size_t most, std::pmr::memory_resource& memory);

}  // namespace coil::debug
