// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace coil {

/// Is the coroutine behind `finally`: an await is not allowed in a catch block, so the error waits in a variable.
template <class T, attachable Body, attachable Cleanup>
task<T> run_finally(Body body, Cleanup cleanup) {
    std::optional<kept_value<T>> value;
    std::exception_ptr failed;
    try {
        if constexpr (std::is_void_v<T>) co_await body;
        else value.emplace(co_await body);
    } catch (...) {
        failed = std::current_exception();
    }
    try {
        co_await coil::shield(std::move(cleanup));
    } catch (...) {
        if (!failed) throw;
        suppress(std::current_exception(), this_thread.current->root);
    }
    if (failed) std::rethrow_exception(std::move(failed));
    if constexpr (std::is_lvalue_reference_v<T>) co_return value->get();
    else if constexpr (!std::is_void_v<T>) co_return std::move(*value);
}

/// Awaits `body`, and then, whatever happened, `cleanup`, shielded from stops.
/// Completes: when the cleanup has ended, with the body's value.
/// Errors: the body's error wins; one of the cleanup beside it is suppressed, alone it is thrown.
/// Cancel: reaches the body, then the cleanup runs, then `cancelled` travels on. What was never awaited runs neither.
/// Cost: one recycled frame.
template <to_be_awaited Body, to_be_awaited Cleanup>
auto finally(Body&& body, Cleanup&& cleanup, place where = place::current()) {
    using inner = await_result_t<Body>;
    using value = std::conditional_t<std::is_lvalue_reference_v<inner>, inner, std::remove_cvref_t<inner>>;
    return run_finally<value>(as_awaiter(std::forward<Body>(body), where),
                              as_awaiter(std::forward<Cleanup>(cleanup), where));
}

}  // namespace coil
