// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// mixed: one item reads a file, hashes it, sends the hash to the server and waits for its answer.
std::unique_ptr<workload> make_mixed(const work_spec& spec);

}  // namespace versus
