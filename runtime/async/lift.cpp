// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/lift.hpp>

#include <coil/runtime/base/contract.hpp>

namespace coil {

void empty_child::await_resume() const {
    misuse("this task was awaited, spawned or moved from before", promise_base::of(parent_).where());
}

}  // namespace coil
