// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/offload.hpp>

namespace coil {

const wait_table offload_wait::table = {
    // the thread that finds the claim taken sends the branch home
    [](wait& w) noexcept {
        w.claim(claim_state::stopped);
        return false;
    },
    nullptr, [](const wait&, std::string& text) { text.append("a call on another thread"); }};

bool offload_wait::begin() noexcept {
    if (!claim(claim_state::taken)) return false;
    this_thread.current = owner();  // so that the call may ask this_task whether it is stopped
    return true;
}

}  // namespace coil
