// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// io-files: one item reads one file.
std::unique_ptr<workload> make_file_reading(const work_spec& spec);

}  // namespace versus
