// SPDX-License-Identifier: BSL-1.0
#pragma once
#include "report/findings.hpp"

namespace versus {

/// What the reports say about where and by what they were made.
machine_facts this_machine();

}  // namespace versus
