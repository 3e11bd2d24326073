// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/bridge.hpp>
#include <coil/runtime/fiber/fiber_core.hpp>

#include <concepts>
#include <coroutine>
#include <exception>
#include <type_traits>
#include <utility>

namespace coil {

/// Shields what a destructor awaits while an exception is in flight: a second one would end the process.
class shield_in_flight {
public:
    explicit shield_in_flight(fiber_core& self) noexcept : on_(self.unwinds()) {
        if (on_) [[unlikely]]
            region_.open(self.promise().line());
    }
    ~shield_in_flight() {
        if (on_) [[unlikely]]
            region_.close();
    }
    shield_in_flight(const shield_in_flight&) = delete;
    shield_in_flight& operator=(const shield_in_flight&) = delete;

private:
    const bool on_;
    shielded_region region_;
};

/// Suspends a fiber as an awaiter says, once the fiber is off its stack.
template <attachable W>
class fiber_wait {
public:
    explicit fiber_wait(W& w) noexcept : awaiter_(&w) {}

    static std::coroutine_handle<> suspend(void* wait, std::coroutine_handle<> fiber) {
        auto& self = *static_cast<fiber_wait*>(wait);
        if constexpr (!may_throw) {
            return self.awaiter_->await_suspend(fiber);
        } else {
            try {
                return self.awaiter_->await_suspend(fiber);
            } catch (...) {
                // by the rules of await_suspend nobody resumes the handle after it threw
                self.thrown_ = std::current_exception();
                return fiber;
            }
        }
    }

    // Not inline: the code may be on another thread than before, and the addresses of the thread-locals of that one are
    // not to be kept over the suspension.
    [[gnu::noinline]] decltype(auto) resume() {
        if constexpr (may_throw)
            if (thrown_) [[unlikely]] std::rethrow_exception(std::move(thrown_));
        return awaiter_->await_resume();
    }

private:
    static constexpr bool may_throw = !noexcept(std::declval<W&>().await_suspend(std::coroutine_handle<>()));
    struct nothing {};

    W* awaiter_;
    [[no_unique_address]] std::conditional_t<may_throw, std::exception_ptr, nothing> thrown_;
};

/// Waits, inside a fiber and at any depth of calls, for anything that a coroutine can `co_await`.
/// Completes: with its value; the fiber goes on at its home. Errors: what it throws; `std::logic_error` at its line
/// outside of a fiber. Cancel: as the `co_await` of the same; under a shield while an exception is in flight, so that a
/// destructor may await. What is thrown passes through the frames of whoever called: a library that does not let
/// exceptions through (qsort of glibc does) is to be called with `as_result` and `shield` around its awaits.
/// Cost: of what is ready, no switch; else two, with no allocation.
template <to_be_awaited A>
[[gnu::noinline]] std::conditional_t<std::is_rvalue_reference_v<await_result_t<A>>,
                                     std::remove_cvref_t<await_result_t<A>>, await_result_t<A>>
await(A&& aw, place where = place::current()) {
    fiber_core& self = fiber_core::arrive(where);
    const shield_in_flight shield(self);
    auto awaiter = await_in(self.promise().line(), std::forward<A>(aw), where);
    if (awaiter.await_ready()) return awaiter.await_resume();
    if constexpr (std::same_as<decltype(awaiter), yield_await>)
        if (self.give_turn(awaiter)) return;
    fiber_wait wait(awaiter);
    self.suspend(&fiber_wait<decltype(awaiter)>::suspend, &wait);
    return wait.resume();
}

}  // namespace coil
