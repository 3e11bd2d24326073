// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <memory>

#include "work/work_spec.hpp"
#include "work/workload.hpp"

namespace versus {

/// io-http: one item is one request.
std::unique_ptr<workload> make_requests(const work_spec& spec);

}  // namespace versus
