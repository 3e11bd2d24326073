// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/promise.hpp>

#include <coil/runtime/base/errors.hpp>

#include <cxxabi.h>
#include <typeinfo>

namespace coil {

void promise_base::unhandled_exception() noexcept {
    // a name for the type that is in flight, without throwing it once more
    const std::type_info* type = abi::__cxa_current_exception_type();
    ended_by(type && *type == typeid(cancelled) ? outcome::stopped : outcome::error, std::current_exception());
}

void promise_base::ended_by(outcome o, std::exception_ptr&& e) noexcept {
    std::construct_at(&error_, std::move(e));
    where_ = (where_ & ~outcomes) | static_cast<std::uintptr_t>(o);
}

void promise_base::rethrow() {
    if (std::exception_ptr e = take_thrown()) std::rethrow_exception(std::move(e));
    throw cancelled();  // it was stopped before its first step
}

std::coroutine_handle<> promise_base::next_otherwise() noexcept {
    if ((up_ & tags) == to_record) return branch_->root->finished();
    auto& hook = *static_cast<after_hook*>(pointer());
    return hook.next(hook);
}

std::coroutine_handle<> promise_base::above() const noexcept {
    switch (up_ & tags) {
    case to_frame:
        return awaited_by();
    case to_slot:
        return static_cast<const fork_slot*>(pointer())->group().parent();
    case to_hook: {
        const auto& hook = *static_cast<const after_hook*>(pointer());
        return hook.returns_to(hook);
    }
    default:
        return nullptr;
    }
}

std::coroutine_handle<> promise_base::first_step_while_stopping(promise_base& p, std::coroutine_handle<> h) noexcept {
    task_record& r = *p.branch_->root;
    if (region::reaches(p.branch_->innermost)) {
        p.end_unrun();
        return r.finished();
    }
    r.begin();
    return h;
}

std::coroutine_handle<> promise_base::first_step(node& n) noexcept {
    promise_base& p = of(n.handle);
    if ((p.up_ & tags) == to_slot) return join::begin_detached(*static_cast<fork_slot*>(p.pointer()));
    task_record& r = *p.branch_->root;
    if (r.stopping.load(std::memory_order_acquire) != 0) [[unlikely]]
        return first_step_while_stopping(p, n.handle);
    r.begin();
    return n.handle;
}

}  // namespace coil
