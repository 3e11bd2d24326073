// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "work/work_spec.hpp"

namespace versus {

/// What the sizes depend on beside the time.
struct size_inputs {
    std::vector<std::string> files;
    std::uint16_t port = 0;
    std::optional<std::size_t> requests;
    bool warm = false;
};

/// Chooses how much of a work there is, so that one after another it takes about `seconds` on this machine; tries small
/// amounts for that, a fraction of a second each.
/// Errors: those of launch().
work_spec choose_size(const std::string& work, const size_inputs& inputs, double seconds);

}  // namespace versus
