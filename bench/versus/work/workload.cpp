// SPDX-License-Identifier: BSL-1.0
#include "work/workload.hpp"

#include "work/computing.hpp"

namespace versus {

coil::task<std::uint64_t> workload::run_awaited(std::size_t item, computing where) const {
    const auto whole = [this, item] { return run(item); };
    co_return co_await computed(where, whole);
}

}  // namespace versus
