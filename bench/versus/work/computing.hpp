// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/coro/task.hpp>

#include <type_traits>

namespace versus {

/// Where an awaited item does its computing: on the thread that runs its coroutine, or on the pool, whose workers leave
/// that thread free for the other items.
enum class computing { here, on_the_pool };

/// Calls f there; whoever awaits it is at home again afterwards. Lifetime: f is referred to.
template <class F>
coil::task<std::invoke_result_t<const F&>> computed(computing where, const F& f) {
    if (where == computing::here) co_return f();
    co_return co_await coil::on_pool(f);
}

}  // namespace versus
