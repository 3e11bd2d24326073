// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/promise.hpp>

#include <boost/context/detail/fcontext.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>

#if defined(__SANITIZE_THREAD__)
#define COIL_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define COIL_TSAN 1
#endif
#endif

namespace coil {

class worker;
struct fiber_stack;

/// Is what a fiber is beside its function and its result: its stack, and the head of a coroutine's frame made by hand.
/// Both compilers lay a frame out as {resume, destroy, promise}; so whatever resumes a coroutine resumes a fiber, and
/// a fiber is a task to all who await, spawn, fork or stop one. A promise lies right behind this object.
class alignas(16) fiber_core {
public:
    /// Says whom to resume once the fiber is off its stack: the `await_suspend` of an awaiter.
    using suspender = std::coroutine_handle<> (*)(void* awaiter, std::coroutine_handle<> self);
    /// Is the function of the fiber, which ends in the promise.
    using body = void (*)(fiber_core& self) noexcept;

    fiber_core(body b, void (*destroy)(void*), unsigned stack_class, bool may_move, place where) noexcept
        : body_(b), made_at_(where), stack_class_(stack_class), may_move_(may_move), resume_(&resume_frame),
          destroy_(destroy) {}
    fiber_core(const fiber_core&) = delete;
    fiber_core& operator=(const fiber_core&) = delete;

    std::coroutine_handle<> handle() noexcept { return std::coroutine_handle<>::from_address(&resume_); }
    promise_base& promise() noexcept { return promise_base::of(handle()); }
    static fiber_core& of(void* frame) noexcept {
        return *reinterpret_cast<fiber_core*>(static_cast<char*>(frame) - offset_of_frame());
    }

    /// The fiber whose code calls, which is about to wait at that place.
    /// Errors: `std::logic_error` outside of a fiber.
    static fiber_core& arrive(place where);
    /// Tells whether an exception is in flight in it: the code that calls is a destructor's.
    bool unwinds() const noexcept { return exceptions_here_->in_flight != 0; }
    /// Switches to the stack of the thread, where `s` is called; returns when the fiber is resumed, perhaps on another
    /// thread. Inline, for the processor foretells no return on another stack than the call was made on.
    void suspend(suspender s, void* awaiter) noexcept {
        suspender_ = s;
        awaiter_ = awaiter;
#if defined(COIL_ASAN) || defined(COIL_TSAN)
        switch_watched();
#else
        resumed(boost::context::detail::jump_fcontext(thread_, nullptr));
#endif
    }
    /// Lets the next ready branch go on, if that is a fiber too, and comes back in its turn; straight from stack to stack,
    /// for what lies in its own thread's list nobody else resumes. False if this is not such a moment: then `suspend`.
    bool give_turn(node& in_line) noexcept {
        const turn t = next_turn(in_line);
        if (t.kept) resumed(boost::context::detail::jump_fcontext(t.context, t.kept));
        return t.context != nullptr;
    }

    /// The class of stacks that an option asks for. Errors: `std::invalid_argument` for more than 1 GiB.
    static unsigned stack_class_of(std::uint64_t bytes, place where);
    static unsigned usual_stack_class() noexcept;

    /// The fiber whose code runs on this thread, or null; for a handler of signals too.
    static fiber_core* running() noexcept;
    /// Of a running one.
    fiber_stack& stack() noexcept { return *stack_; }
    place made_at() const noexcept { return made_at_; }

protected:
    ~fiber_core();

private:
    // As the C++ ABI defines it per thread: what is being handled, and how many are in flight.
    struct exception_state {
        void* handled = nullptr;
        unsigned in_flight = 0;
    };
    struct turn {
        void* context = nullptr;  // where the next one goes on; null: no turn is given
        void* kept = nullptr;     // where it is to keep where we go on; null: nobody else is ready
    };
    turn next_turn(node& in_line) noexcept;
    static constexpr std::size_t offset_of_frame() noexcept;
    static void resume_frame(void* frame);
    void switch_watched() noexcept;
    /// First thing after a wait: keeps where whoever resumed this one goes on, which is its thread, or the fiber that gave
    /// its turn and says where it keeps that.
    void resumed(boost::context::detail::transfer_t from) noexcept {
        void** const kept = from.data == this ? &thread_ : static_cast<void**>(from.data);
        *kept = from.fctx;
    }
    bool is_elsewhere() noexcept;
    bool is_elsewhere_now() noexcept;
    bool begin() noexcept;
    std::coroutine_handle<> go_on() noexcept;
    std::coroutine_handle<> ended() noexcept;
    friend class fiber_life;  // the code at the bottom of each stack

    fiber_stack* stack_ = nullptr;  // from the first step to the last
    void* thread_ = nullptr;        // where the thread that resumed it goes on
    suspender suspender_ = nullptr; // null: the function has ended
    void* awaiter_ = nullptr;
    exception_state exceptions_;                  // while it waits
    exception_state* exceptions_here_ = nullptr;  // the thread's, while it runs
    body body_;
    worker* pinned_to_ = nullptr;  // null: it runs on no pool
    executor* pinned_at_ = nullptr;
    node way_to_pin_{node::unset()};
    place made_at_;
    unsigned stack_class_;
    bool may_move_;
    // a coroutine's frame begins here
    alignas(16) void (*resume_)(void*);
    [[maybe_unused]] void (*destroy_)(void*);
};

constexpr std::size_t fiber_core::offset_of_frame() noexcept {
    static_assert(sizeof(fiber_core) % 16 == 0);
    return sizeof(fiber_core) - 2 * sizeof(void (*)(void*));
}

}  // namespace coil
