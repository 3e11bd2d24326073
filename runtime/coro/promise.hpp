// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <bit>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace coil {

/// Is a continuation that is not simply a frame: it decides whom to resume once the coroutine below it has ended.
struct after_hook {
    std::coroutine_handle<> (*next)(after_hook&) noexcept;
    std::coroutine_handle<> (*returns_to)(const after_hook&) noexcept;  // the frame that it will resume in the end
};

/// Is what every coroutine of coil's tasks has: who goes on after it, its branch, where it awaits, how it ended.
class promise_base {
public:
    // a bit each for what is asked on the way: that there is a value, and that something may have been thrown
    enum class outcome : std::uint8_t { none = 0, value = 1, error = 2, stopped = 6 };

    static void* operator new(std::size_t size) { return allocate_frame(size); }
    static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }

    std::suspend_always initial_suspend() const noexcept { return {}; }

    struct final_awaiter {
        bool await_ready() const noexcept { return false; }
        template <class Promise>
        std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> h) const noexcept {
            return transfer(h.promise().next());
        }
        void await_resume() const noexcept {}
    };
    final_awaiter final_suspend() const noexcept { return {}; }

    void unhandled_exception() noexcept;

    // A pointer, not a place: g++ keeps an argument of class type in the frame, for each await of a coroutine.
    template <class A>
    auto await_transform(A&& awaitable, place_pointer where = __builtin_source_location()) {
        const place here = place_of(where);
        where_ = word_of(here);
        return coil::await_in(*branch_, std::forward<A>(awaitable), here);
    }

    // ---- who goes on after this coroutine: the frame that awaits it, a fork slot, or its record
    void run_in(branch& b) noexcept { branch_ = &b; }
    void continue_with(std::coroutine_handle<> awaiting) noexcept {
        up_ = reinterpret_cast<std::uintptr_t>(awaiting.address());
    }
    void continue_with(fork_slot& s) noexcept {
        up_ = reinterpret_cast<std::uintptr_t>(&s) | to_slot;
        branch_ = &s.line;
    }
    void continue_with(after_hook& hook, branch& b) noexcept {
        up_ = reinterpret_cast<std::uintptr_t>(&hook) | to_hook;
        branch_ = &b;
    }
    // its branch leads to the record, so the word has room for the owner, which ends with the frame
    void continue_with(task_record& r, task_owner* owner) noexcept {
        up_ = reinterpret_cast<std::uintptr_t>(owner) | to_record;
        branch_ = &r.root_branch;
    }
    /// Of a task's first coroutine.
    task_owner& owner() const noexcept { return *static_cast<task_owner*>(pointer()); }
    /// The frame that awaits this one, or null at the bottom of a branch.
    std::coroutine_handle<> awaited_by() const noexcept {
        return (up_ & tags) ? std::coroutine_handle<>{} : std::coroutine_handle<>::from_address(pointer());
    }

    /// The frame whose await this one's end will end, over forks and hops too; null at the bottom of a task.
    std::coroutine_handle<> above() const noexcept;

    /// Whom to resume now that this coroutine has ended.
    std::coroutine_handle<> next() noexcept {
        if ((up_ & tags) == to_frame) [[likely]]
            return std::coroutine_handle<>::from_address(reinterpret_cast<void*>(up_));
        if ((up_ & tags) == to_slot) [[likely]]
            return join::ended(*reinterpret_cast<fork_slot*>(up_ - to_slot), has_value());
        return next_otherwise();
    }

    /// Looks at a coroutine that has not begun: returns its frame, or, if it is stopped, ends it unrun and returns who
    /// goes on.
    static std::coroutine_handle<> first_step(node& n) noexcept;

    /// Ends a coroutine that never began, as stopped.
    void end_unrun() noexcept { ended_by(outcome::stopped, nullptr); }

    static promise_base& of(std::coroutine_handle<> h) noexcept {
        return std::coroutine_handle<promise_base>::from_address(h.address()).promise();
    }

    branch& line() const noexcept { return *branch_; }
    place where() const noexcept { return std::bit_cast<place>(where_ & ~outcomes); }
    /// Says where it awaits, for what suspends without an `await_transform`.
    void stand_at(place where) noexcept { where_ = word_of(where); }
    outcome how() const noexcept { return static_cast<outcome>(where_ & outcomes); }
    bool has_value() const noexcept { return (where_ & static_cast<std::uintptr_t>(outcome::value)) != 0; }
    /// Null if nothing was thrown.
    std::exception_ptr thrown() const noexcept { return has_thrown() ? error_ : nullptr; }
    std::exception_ptr take_thrown() noexcept { return has_thrown() ? std::exchange(error_, nullptr) : nullptr; }
    /// Throws what this coroutine ended with; it did not end with a value.
    [[noreturn]] void rethrow();

protected:
    promise_base() noexcept {}
    ~promise_base() {
        if (has_thrown()) [[unlikely]]
            std::destroy_at(&error_);
    }
    void ended_with_value() noexcept { where_ |= static_cast<std::uintptr_t>(outcome::value); }

    /// Where a small value lies.
    void* room() noexcept { return room_; }

private:
    static constexpr std::uintptr_t to_frame = 0, to_slot = 1, to_record = 2, to_hook = 3, tags = 3;
    std::coroutine_handle<> next_otherwise() noexcept;
    static std::coroutine_handle<> first_step_while_stopping(promise_base& p, std::coroutine_handle<> h) noexcept;
    void* pointer() const noexcept { return reinterpret_cast<void*>(up_ & ~tags); }

    static constexpr std::uintptr_t outcomes = 7;
    static std::uintptr_t word_of(place p) noexcept { return std::bit_cast<std::uintptr_t>(p); }
    bool has_thrown() const noexcept { return (where_ & static_cast<std::uintptr_t>(outcome::error)) != 0; }
    void ended_by(outcome o, std::exception_ptr&& e) noexcept;

    std::uintptr_t up_;  // tagged; set when the coroutine is awaited, forked or spawned
    branch* branch_;     // likewise
    std::uintptr_t where_ = 0;  // the place of the present await, and in the low bits the outcome
    union {
        std::exception_ptr error_;  // once the outcome is `error` or `stopped`; may be null
        std::byte room_[sizeof(std::exception_ptr)];
    };
};

static_assert(sizeof(promise_base) == 32, "every frame feels each word");

/// Tells whether a value lies where an error would: a coroutine ends with one of them.
template <class T>
inline constexpr bool fits_like_error =
    sizeof(T) <= sizeof(std::exception_ptr) && alignof(T) <= alignof(std::exception_ptr);

/// Is where a promise has its value.
template <class T, bool LikeError>
class promise_value : public promise_base {
protected:
    promise_value() noexcept {}
    ~promise_value() {}
    T* address() noexcept { return std::addressof(value_); }

private:
    union {
        T value_;
    };
};
template <class T>
class promise_value<T, true> : public promise_base {
protected:
    T* address() noexcept { return static_cast<T*>(room()); }
};

/// Adds the result to a promise. Shape: references are kept as pointers.
template <class T>
class promise : public promise_value<T, fits_like_error<T>> {
    static_assert(alignof(T) <= 16, "coil: a task's result may be aligned to 16 bytes at most; return a unique_ptr");
    using base = promise_base;

public:
    promise() noexcept {}
    ~promise() { destroy(); }
    auto get_return_object() noexcept;

    void unhandled_exception() noexcept {
        destroy();  // thrown by the destructor of a local, after the value was returned
        base::unhandled_exception();
    }
    template <class U = T>
        requires std::is_constructible_v<T, U&&>
    void return_value(U&& u) noexcept(std::is_nothrow_constructible_v<T, U&&>) {
        std::construct_at(this->address(), std::forward<U>(u));
        this->ended_with_value();
    }
    T take() {
        if (!this->has_value()) [[unlikely]]
            this->rethrow();
        return take_known();
    }
    /// The value, of a coroutine that is known to have ended with one.
    T take_known() noexcept(std::is_nothrow_move_constructible_v<T>) {
        return std::move(*std::launder(this->address()));
    }

private:
    void destroy() noexcept {
        if constexpr (!std::is_trivially_destructible_v<T>)
            if (this->has_value()) std::destroy_at(std::launder(this->address()));
    }
};

template <class T>
class promise<T&> : public promise_base {
public:
    auto get_return_object() noexcept;
    void return_value(T& t) noexcept {
        std::construct_at(static_cast<T**>(room()), std::addressof(t));
        ended_with_value();
    }
    T& take() {
        if (!has_value()) [[unlikely]]
            rethrow();
        return take_known();
    }
    T& take_known() noexcept { return **std::launder(static_cast<T**>(room())); }
};

template <>
class promise<void> : public promise_base {
public:
    auto get_return_object() noexcept;
    void return_void() noexcept { ended_with_value(); }
    void take() {
        if (!has_value()) [[unlikely]]
            rethrow();
    }
    void take_known() noexcept {}
};

inline promise_base& task_record::first() noexcept {
    return promise_base::of(start_.handle);
}
inline task_owner& task_record::owner() noexcept {
    return first().owner();
}

inline void join::bind(fork_slot& s) noexcept {
    promise_base::of(s.handle).continue_with(s);
}

}  // namespace coil
