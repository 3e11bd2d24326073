// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// cpu-queens: one item is the search below one placing of the first two queens; the branches are very uneven.
std::unique_ptr<workload> make_queens(const work_spec& spec);

inline constexpr unsigned smallest_board = 4;
inline constexpr unsigned largest_board = 20;

}  // namespace versus
