// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "work/catalog.hpp"

namespace versus {

/// What the machine and the user allow.
struct mode_limits {
    std::size_t in_flight = 64;  ///< Items that wait may be under way at once.
    std::size_t cores = 1;       ///< Items that compute may be under way at once.
};

struct mode_outcome {
    std::vector<std::uint64_t> results;  ///< One per item, in the order of the items.
    long helpers_peak_kib = 0;           ///< Peak memory of processes that this mode started, added up.
};

/// One way to get all items of a work done.
struct mode_entry {
    std::string_view name;
    std::string_view title;
    /// How many items it has under way at once, at most.
    std::size_t (*width)(work_kind, const mode_limits&);
    /// Does all items. Errors: the first error of an item; the items under way are waited for, no further one is begun.
    mode_outcome (*run)(const workload&, const work_spec&, std::size_t width);
};

/// Every mode of this build, sequential first.
std::span<const mode_entry> all_modes();
/// Whether one item computes at a time, whatever the width.
bool is_on_one_thread(std::string_view mode);
/// Null where there is none of that name.
const mode_entry* find_mode(std::string_view name);

}  // namespace versus
