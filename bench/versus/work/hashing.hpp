// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// cpu-sha256: one item reads one file, which is in memory already, and hashes it.
std::unique_ptr<workload> make_hashing(const work_spec& spec);

}  // namespace versus
