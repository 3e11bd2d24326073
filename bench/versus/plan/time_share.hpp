// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "work/catalog.hpp"

namespace versus {

/// How long the sequential run of a work may take if all `modes`, `rounds` times each, are to fit into `seconds`.
/// Between 5 ms and 4 s: beyond that nothing more is learnt.
double sequential_time(work_kind kind, const std::vector<std::string>& modes, std::size_t rounds, std::size_t cores,
                       double seconds);

/// The share of the remaining time that belongs to the first of the works that remain.
double share_of_first(const std::vector<std::string>& remaining_works);

}  // namespace versus
