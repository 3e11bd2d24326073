// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/closure.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/fiber/fiber_core.hpp>

#include <concepts>
#include <functional>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace coil {

/// How a fiber is made.
struct fiber_options {
    /// Units: bytes. Rounded up to a power of two, at least 16 KiB; 128 KiB if not given. Memory is taken as it is touched.
    count stack_size = {};
    /// Lets any worker of the pool resume it. Else it stays on the worker that ran it first, because a compiler may keep
    /// the address of a thread-local (errno is one) in a register over an await.
    bool may_move = false;
};

/// Is the frame of a fiber, as a coroutine's: what a `task` refers to.
template <class T, class F>
class fiber_frame final : public fiber_core {
public:
    fiber_frame(F&& f, unsigned stack_class, bool may_move, place where)
        : fiber_core(&run, &destroy, stack_class, may_move, where), function_(std::forward<F>(f)) {}

    task<T> as_task() noexcept {
        const auto frame = std::coroutine_handle<coil::promise<T>>::from_address(handle().address());
        if (&frame.promise() != &promise_) broken("this compiler lays frames out in a way that fibers do not know");
        return task<T>(frame);
    }

private:
    static void run(fiber_core& c) noexcept {
        auto& self = static_cast<fiber_frame&>(c);
        try {
            if constexpr (std::is_void_v<T>) {
                std::invoke(self.function_);
                self.promise_.return_void();
            } else {
                self.promise_.return_value(std::invoke(self.function_));
            }
        } catch (...) {
            self.promise_.unhandled_exception();
        }
    }
    static void destroy(void* frame) {
        auto* const self = static_cast<fiber_frame*>(&of(frame));
        std::destroy_at(self);
        free_frame(self, sizeof(fiber_frame));
    }

    coil::promise<T> promise_;  // where a coroutine's lies
    F function_;  // of a named callable, a reference to it
};

/// Makes a task out of an ordinary function, which runs on a stack of its own: below it, at any depth of calls,
/// `coil::await` waits for anything that a coroutine can `co_await`. For code that cannot be a coroutine: callbacks of C
/// libraries, recursion, what somebody else has written.
/// Completes: as any task, with what f returns. Errors: what f throws; `std::invalid_argument` for a stack of a negative
/// size or more than 1 GiB; awaiting it, `std::system_error` if the system has no memory for a stack.
/// Cancel: as a task; an await inside throws `cancelled`, which unwinds the stack.
/// Threads: at home as any task; on a pool it stays on one worker unless made with `.may_move`.
/// Lifetime: an rvalue f lives until the task is destroyed, a named one is referred to.
/// Cost: one recycled frame and one recycled stack; a guard below each stack has who runs off it named, and ended.
template <class F>
    requires std::invocable<std::remove_reference_t<F>&>
[[nodiscard("a fiber does nothing until it is awaited")]] auto fiber(F&& f, fiber_options options = {},
                                                                     place where = place::current()) {
    COIL_REFUSE_OWNING_CLOSURE(F);
    using kept = std::conditional_t<std::is_lvalue_reference_v<F>, F, std::remove_cvref_t<F>>;
    using returned = std::invoke_result_t<std::remove_reference_t<F>&>;
    using value = std::conditional_t<std::is_lvalue_reference_v<returned>, returned, std::remove_cvref_t<returned>>;
    static_assert(!is_task<value>, "coil: a fiber's function is an ordinary one: await inside it with coil::await");
    using frame = fiber_frame<value, kept>;
    static_assert(alignof(frame) <= 16, "coil: what a fiber's function captures may be aligned to 16 bytes at most");

    const unsigned stack_class = options.stack_size.given()
                                     ? fiber_core::stack_class_of(options.stack_size.value(), where)
                                     : fiber_core::usual_stack_class();
    struct memory {
        void* at = allocate_frame(sizeof(frame));
        ~memory() {
            if (at) free_frame(at, sizeof(frame));
        }
    } room;
    auto* const made = ::new (room.at) frame(std::forward<F>(f), stack_class, options.may_move, where);
    room.at = nullptr;
    return made->as_task();
}

}  // namespace coil
