// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/ring.hpp>

namespace coil::ring {

/// Tells whether an entry that is given now shares its system call: others wait to be submitted, or may yet be given by
/// who is ready on this loop. Then a try by a call of its own is left out: entering the kernel costs more than copying a
/// page does where page tables are isolated. Off the loop there is no company, and a try saves two hops.
inline bool has_company() noexcept {
    const io_home* const here = this_io_home;
    if (here == nullptr) return false;
    const node_list* const ready = this_thread.ready;
    return here->entries.unsubmitted() != 0 || (ready != nullptr && !ready->empty());
}

}  // namespace coil::ring
