// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/task.hpp>

namespace process_test {

// Waits for a task, and tells whether it ended because it was stopped.
template <class T>
coil::task<bool> ends_stopped(coil::join_handle<T>& h) {
    try {
        co_await h;
    } catch (const coil::cancelled&) {
        co_return true;
    }
    co_return false;
}

}  // namespace process_test
