// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <coroutine>
#include <exception>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

namespace coil {

/// Is the handle that a foreign awaitable gets: resumed on whatever thread, it posts the waiting coroutine home.
class homeward {
public:
    struct promise_type {
        static void* operator new(std::size_t size) { return allocate_frame(size); }
        static void operator delete(void* frame, std::size_t size) noexcept { free_frame(frame, size); }
        homeward get_return_object() noexcept {
            return homeward(std::coroutine_handle<promise_type>::from_promise(*this));
        }
        std::suspend_always initial_suspend() const noexcept { return {}; }
        std::suspend_never final_suspend() const noexcept { return {}; }
        void return_void() const noexcept {}
        void unhandled_exception() const noexcept {}
    };
    explicit homeward(std::coroutine_handle<> h) noexcept : handle_(h) {}
    std::coroutine_handle<> handle() const noexcept { return handle_; }

    static homeward to(node& n) {
        n.owner()->home->post(n);
        co_return;
    }

private:
    std::coroutine_handle<> handle_;
};

template <class A>
decltype(auto) foreign_awaiter_of(A&& a) {
    if constexpr (requires { std::forward<A>(a).operator co_await(); }) return std::forward<A>(a).operator co_await();
    else if constexpr (requires { operator co_await(std::forward<A>(a)); }) return operator co_await(std::forward<A>(a));
    else return std::forward<A>(a);
}

/// Awaits an awaitable that is not coil's: the branch goes on at its home, whoever resumes it.
/// Cancel: a stop does not reach into it; the await ends when the awaitable does.
/// Cost: one small recycled frame beside the awaitable's own.
template <class A>
class bridge {
    // rvalues are moved in, lvalues referred to
    using kept = std::conditional_t<std::is_lvalue_reference_v<A>, A, std::remove_cvref_t<A>>;
    using awaiter_type = decltype(foreign_awaiter_of(std::declval<kept&&>()));
    using stored = std::conditional_t<std::is_rvalue_reference_v<awaiter_type>, std::remove_reference_t<awaiter_type>&,
                                      awaiter_type>;

public:
    explicit bridge(A&& a) : awaitable_(std::forward<A>(a)) {}
    // g++ 12 moves what `await_in` returns, after `attach`
    bridge(bridge&& other) : awaitable_(std::forward<kept>(other.awaitable_)) {
        self_.tagged_branch = other.self_.tagged_branch;
    }
    ~bridge() {
        if (awaiter_made_) awaiter().~stored_type();
    }

    void attach(branch& b) noexcept { self_.set_owner(&b); }
    bool await_ready() {
        if constexpr (std::is_lvalue_reference_v<stored>) {
            auto&& made = foreign_awaiter_of(static_cast<kept&&>(awaitable_));
            pointer_ = std::addressof(made);
        } else {
            ::new (static_cast<void*>(storage_)) stored_type(foreign_awaiter_of(static_cast<kept&&>(awaitable_)));
            awaiter_made_ = true;
        }
        return static_cast<bool>(awaiter().await_ready());
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> awaiting) {
        self_.handle = awaiting;
        // after its own await_suspend has begun, the awaiting frame may run elsewhere: nothing here is touched then
        const std::coroutine_handle<> home = homeward::to(self_).handle();
        using returned = decltype(awaiter().await_suspend(home));
        try {
            if constexpr (std::is_void_v<returned>) {
                awaiter().await_suspend(home);
                return std::noop_coroutine();
            } else if constexpr (std::is_same_v<returned, bool>) {
                if (awaiter().await_suspend(home)) return std::noop_coroutine();
                home.destroy();
                return transfer(awaiting);
            } else {
                return awaiter().await_suspend(home);
            }
        } catch (...) {
            // by the rules of await_suspend nobody resumes the handle after it threw
            home.destroy();
            thrown_ = std::current_exception();
            return transfer(awaiting);
        }
    }
    decltype(auto) await_resume() {
        if (thrown_) [[unlikely]] std::rethrow_exception(std::move(thrown_));
        return awaiter().await_resume();
    }

private:
    using stored_type = std::remove_reference_t<stored>;
    stored_type& awaiter() noexcept {
        if constexpr (std::is_lvalue_reference_v<stored>) return *pointer_;
        else return *std::launder(reinterpret_cast<stored_type*>(storage_));
    }
    kept awaitable_;
    union {
        stored_type* pointer_ = nullptr;
        alignas(stored_type) unsigned char storage_[sizeof(stored_type)];
    };
    bool awaiter_made_ = false;
    std::exception_ptr thrown_;
    node self_;
};

}  // namespace coil
