// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/offload.hpp>

#include <coil/runtime/coro/probe.hpp>
#include <coil/runtime/coro/promise.hpp>

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
    if (const probe* const p = present_probe.load(std::memory_order_acquire)) [[unlikely]]
        p->call_is_for(*owner(), promise_base::of(handle).where());
    this_thread.current = owner();  // so that the call may ask this_task whether it is stopped
    return true;
}

}  // namespace coil
