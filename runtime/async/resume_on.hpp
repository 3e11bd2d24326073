// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/wait.hpp>

#include <utility>

namespace coil {

/// Moves the branch's home to another executor and goes on there.
class [[nodiscard("co_await it")]] resume_on_await : public wait {
public:
    explicit resume_on_await(executor& to) noexcept : wait(table), to_(&to) {}
    resume_on_await(resume_on_await&& other) noexcept : wait(std::move(other)), to_(other.to_) {}
    bool await_ready() noexcept { return refused() || (owner()->home == to_ && to_->here()); }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        handle = h;
        branch& b = *owner();
        b.suspends();
        if (!b.root->shared()) b.root->share();
        b.move_to(*to_);
        to_->post(*this);
        return std::noop_coroutine();
    }
    void await_resume() { finish(); }

private:
    static const wait_table table;
    executor* to_;
};

/// Moves the present task's home: `co_await resume_on(pool())`. It holds until the enclosing `on_pool`, or the task, ends.
/// Completes: on the other executor. Cancel: checked before, not after. Cost: one post, no allocation.
inline resume_on_await resume_on(executor& to) noexcept { return resume_on_await(to); }

}  // namespace coil
