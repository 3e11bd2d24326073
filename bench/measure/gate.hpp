// SPDX-License-Identifier: BSL-1.0
// Keeps a loop running with nothing to do and no timer armed: a timer would lengthen each of its sleeps.
#pragma once

#include <coroutine>

namespace measure {

/// Is awaited by one coroutine until another thread opens it, once, after the wait has begun.
class gate {
public:
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) noexcept { waiting_ = h; }
    void await_resume() const noexcept {}
    void open() { waiting_.resume(); }

private:
    std::coroutine_handle<> waiting_;
};

}  // namespace measure
