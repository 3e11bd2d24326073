// SPDX-License-Identifier: BSL-1.0
#include "modes/sequential.hpp"

namespace versus {

mode_outcome run_sequential(const workload& work, const work_spec&, std::size_t) {
    mode_outcome outcome;
    outcome.results.reserve(work.items());
    for (std::size_t item = 0; item < work.items(); ++item)
        outcome.results.push_back(work.run(item));
    return outcome;
}

}  // namespace versus
