// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/op.hpp>

#include <coil/runtime/base/contract.hpp>

#include <cstring>

namespace coil::ring {

constinit const operation_table entry_operation::table =
    operation::kind("ring_op", purpose::other, trial::never, &prepare, nullptr, nullptr, true);

void entry_operation::refuse_entry(place where) {
    bad_argument("an entry of ring_op may be neither linked (the next entry is somebody else's) nor silent (its "
                 "completion is what is awaited)",
                 where);
}

void entry_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    std::memcpy(&e, static_cast<entry_operation&>(o).bytes_.data(), sizeof e);
}

}  // namespace coil::ring
