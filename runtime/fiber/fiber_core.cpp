// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/fiber/fiber_core.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/fiber/fiber_stack.hpp>
#include <coil/runtime/fiber/overflow.hpp>
#include <coil/runtime/fiber/stack_life.hpp>
#include <coil/runtime/sched/worker.hpp>

#include <boost/context/detail/fcontext.hpp>

#include <cxxabi.h>
#include <utility>

namespace coil {

namespace {

// What a thread knows of the fiber that runs on it.
struct running_fiber {
    fiber_core* self = nullptr;
    void* exceptions = nullptr;  // where the C++ runtime keeps this thread's, once a fiber has run
};
constinit thread_local running_fiber here;

}  // namespace

// ------------------------------------------------------------------ on the stack of the fiber

// One call of this lies at the bottom of each stack for as long as the stack is mapped: fiber after fiber is run by it.
void fiber_life::run(boost::context::detail::transfer_t from) noexcept {
    for (;;) {
        auto& self = *static_cast<fiber_core*>(from.data);
        switch_watch& watch = self.stack_->watch;
        self.thread_ = from.fctx;
        watch.arrives();
        self.body_(self);
        self.suspender_ = nullptr;
        watch.ends();
        from = boost::context::detail::jump_fcontext(self.thread_, nullptr);
    }
}

void fiber_core::switch_watched() noexcept {
    stack_->watch.leaves();
    thread_ = boost::context::detail::jump_fcontext(thread_, nullptr).fctx;
    stack_->watch.arrives();
}

fiber_core::turn fiber_core::next_turn([[maybe_unused]] node& in_line) noexcept {
#if !defined(COIL_ASAN) && !defined(COIL_TSAN)
    thread_state& t = this_thread;
    branch& b = promise().line();
    if (!t.ready || b.home != t.here || !may_go_on(t)) return {};
    node* const ahead = t.ready->front();
    if (!ahead) {
        b.suspends();
        --t.turns;
        return {this};
    }
    if (ahead->tag() != node::plain) return {};
    void* const frame = ahead->handle.address();
    if (*static_cast<decltype(&resume_frame)*>(frame) != &resume_frame) return {};
    fiber_core& next = of(frame);
    if (!next.stack_ || next.pinned_to_ != this_worker) return {};

    b.suspends();
    in_line.handle = handle();
    --t.turns;
    t.ready->rotate(in_line);
    t.current = ahead->owner();
    // what `go_on` does on the thread's stack; the thread goes on where it would for this one
    here.self = &next;
    next.thread_ = thread_;
    next.exceptions_here_ = exceptions_here_;
    exceptions_ = std::exchange(*exceptions_here_, next.exceptions_);
    return {next.stack_->context, &stack_->context};
#else
    return {};  // the sanitizers know of switches between a thread and a fiber
#endif
}

fiber_core& fiber_core::arrive(place where) {
    fiber_core* const self = here.self;
    if (!self) [[unlikely]]
        misuse("coil::await outside of a fiber: a coroutine writes co_await, a plain thread coil::block_on", where);
    self->promise().stand_at(where);
    return *self;
}

// ------------------------------------------------------------------ on the stack of a thread

inline bool fiber_core::is_elsewhere() noexcept {
    if (pinned_to_ == this_worker || may_move_) [[likely]]
        return false;
    return is_elsewhere_now();
}

inline std::coroutine_handle<> fiber_core::ended() noexcept {
    fiber_stacks::give(*std::exchange(stack_, nullptr));
    resume_ = nullptr;  // as in a coroutine at its final suspension
    return transfer(promise().next());
}

inline std::coroutine_handle<> fiber_core::go_on() noexcept {
    running_fiber& thread = here;
    auto& exceptions = *static_cast<exception_state*>(thread.exceptions);
    const exception_state outside = std::exchange(exceptions, exceptions_);
    exceptions_here_ = &exceptions;
    fiber_core* const before = std::exchange(thread.self, this);
    fiber_stack& on = *stack_;
    on.watch.enters(on.lowest, on.top());

    const boost::context::detail::transfer_t from = boost::context::detail::jump_fcontext(on.context, this);

    // perhaps another one than went: fibers give each other their turns
    fiber_core& back = *thread.self;
    back.stack_->context = from.fctx;
    back.stack_->watch.is_back();
    thread.self = before;
    back.exceptions_ = std::exchange(exceptions, outside);
    // From `suspender_` on the fiber may be resumed elsewhere: nothing of it is touched after.
    return back.suspender_ ? back.suspender_(back.awaiter_, back.handle()) : back.ended();
}

// What a compiler does around an `await_suspend`: to resume the handle that it returned is no resumption of its own.
// From fiber to fiber it goes round here; anything else is a call in the tail, which a noexcept function could not make.
void fiber_core::resume_frame(void* frame) {
    if (!here.exceptions) [[unlikely]]
        here.exceptions = abi::__cxa_get_globals();
    for (;;) {
        fiber_core& self = of(frame);
        if (self.is_elsewhere()) return;
        const std::coroutine_handle<> next =
            self.stack_ || self.begin() ? self.go_on() : transfer(self.promise().next());
        if (*static_cast<decltype(&resume_frame)*>(next.address()) != &resume_frame) return next.resume();
        frame = next.address();
    }
}

// False if there is no stack for it: then it has ended with that error.
bool fiber_core::begin() noexcept {
    try {
        fiber_overflow::watch_this_thread();
        stack_ = &fiber_stacks::take(stack_class_);
        return true;
    } catch (...) {
        promise().unhandled_exception();
        return false;
    }
}

// Whichever worker takes it up sends it to the one that ran it before. A home of its own would be shorter, but what the
// fiber forks would inherit it, and nobody could steal that.
bool fiber_core::is_elsewhere_now() noexcept {
    executor* const now_at = this_thread.here;
    if (pinned_to_ && now_at == pinned_at_) {
        way_to_pin_.handle = handle();
        way_to_pin_.set_owner(&promise().line());
        this_thread.current = nullptr;
        pinned_to_->post(way_to_pin_);
        return true;
    }
    // its first step, or its home has moved
    pinned_to_ = this_worker;
    pinned_at_ = now_at;
    return false;
}

fiber_core::~fiber_core() {
    if (stack_) broken("a fiber was destroyed while it waits");
}

fiber_core* fiber_core::running() noexcept {
    return here.self;
}

unsigned fiber_core::stack_class_of(std::uint64_t bytes, place where) {
    return fiber_stacks::class_of(bytes, where);
}

unsigned fiber_core::usual_stack_class() noexcept {
    static const unsigned usual = fiber_stacks::class_of(fiber_stacks::usual_bytes);
    return usual;
}

}  // namespace coil
