// SPDX-License-Identifier: BSL-1.0
#pragma once

namespace coil::ring {

/// Opens /dev/null as each of 0, 1 and 2 that a program was started without: what is opened later would get that number,
/// and whoever prints, and every child, would take it for a standard stream.
/// Shape: once in a process, before coil opens its first descriptor; who closes one of them later means it.
/// Threads: any.
void hold_standard_numbers() noexcept;

}  // namespace coil::ring
