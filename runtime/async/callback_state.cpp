// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/callback_state.hpp>

#include <future>
#include <string>

namespace coil {

void callback_state::end_resolve() noexcept {
    const std::uintptr_t found = meeting_.exchange(resolved, std::memory_order_acq_rel);
    if (found > resolved) reinterpret_cast<wait*>(found)->make_ready();
}

bool callback_state::set_waiting(wait& w) noexcept {
    std::uintptr_t nobody = 0;
    return meeting_.compare_exchange_strong(nobody, reinterpret_cast<std::uintptr_t>(&w), std::memory_order_acq_rel,
                                            std::memory_order_acquire);
}

bool callback_state::abandon(wait& w) noexcept {
    auto waiting = reinterpret_cast<std::uintptr_t>(&w);
    return meeting_.compare_exchange_strong(waiting, abandoned, std::memory_order_acq_rel, std::memory_order_relaxed);
}

void callback_state::abandon() noexcept {
    std::uintptr_t nobody = 0;
    meeting_.compare_exchange_strong(nobody, abandoned, std::memory_order_relaxed);
}

void callback_state::drop_resolver() noexcept {
    // acquire: a resolver that went before may have resolved
    if (resolvers_.fetch_sub(1, std::memory_order_acq_rel) == 1 && begin_resolve())
        fail(std::make_exception_ptr(std::future_error(std::future_errc::broken_promise)));
    drop();
}

const wait_table callback_wait::table = {&callback_wait::stop, nullptr, &callback_wait::describe};

bool callback_wait::stop(wait& w) noexcept { return static_cast<callback_wait&>(w).state_->abandon(w); }

void callback_wait::describe(const wait&, std::string& text) { text.append("a callback"); }

}  // namespace coil
