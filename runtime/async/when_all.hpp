// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/coro/task.hpp>

#include <cstdint>
#include <memory>
#include <new>
#include <tuple>
#include <utility>

namespace coil {

/// Holds several child tasks and what forking them needs: the frame of the parent has it all, a fork allocates nothing.
template <class... T>
class forked_children {
public:
    static constexpr std::uint32_t count = sizeof...(T);

    explicit forked_children(task<T>&&... t) noexcept {
        fork_slot* s = slots_;
        ((s++->handle = t.release()), ...);
    }
    forked_children(forked_children&& other) noexcept {
        for (std::uint32_t i = 0; i != count; ++i)
            slots_[i].handle = other.slots_[i].handle;
        other.slots_[0].handle = nullptr;
    }
    ~forked_children() {
        if (slots_[0].handle) [[unlikely]]
            destroy();
    }

    /// Builds the group only now: what is not awaited costs nothing.
    join& make_group(join::rule rule) noexcept { return *new (static_cast<void*>(group_)) join(rule); }
    /// Forks; returns whom to resume.
    std::coroutine_handle<> fork(join::rule rule, branch& parent, std::coroutine_handle<> awaiting) noexcept {
        return transfer(make_group(rule).fork(slots_, count, parent, awaiting));
    }
    join& group() noexcept { return *std::launder(reinterpret_cast<join*>(group_)); }
    fork_slot* slots() noexcept { return slots_; }
    template <std::size_t I>
    auto& promise_of() noexcept {
        using child = promise<std::tuple_element_t<I, std::tuple<T...>>>;
        return static_cast<child&>(promise_base::of(slots_[I].handle));
    }
    template <class F>
    void each_promise(F&& f) noexcept {
        for (fork_slot& s : slots_)
            f(promise_base::of(s.handle));
    }
    /// Of children that are still there.
    void destroy() noexcept {
        for (fork_slot& s : slots_)
            s.handle.destroy();
        slots_[0].handle = nullptr;
    }

private:
    alignas(join) unsigned char group_[sizeof(join)];
    fork_slot slots_[count];  // the first one's handle is null once the children are gone
};

/// Moves the value out of a child that has one; void becomes `std::monostate`.
template <class T>
non_void<T> take_value(promise<T>& p) {
    if constexpr (std::is_void_v<T>) return std::monostate();
    else return p.take_known();
}

/// Is the awaiter of `when_all(a, b, ...)`.
template <class... T>
class [[nodiscard("co_await it")]] when_all_await {
public:
    explicit when_all_await(task<T>&&... t) noexcept : children_(std::move(t)...) {}
    when_all_await(when_all_await&&) noexcept = default;

    void attach(branch& b) noexcept { parent_ = &b; }
    bool await_ready() noexcept {
        if (parent_->root->stopping.load(std::memory_order_relaxed) == 0) [[likely]] return false;
        if (!region::reaches(parent_->innermost)) return false;
        children_.make_group(join::rule::all).lack_a_value();
        parent_ = nullptr;
        return true;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        return children_.fork(join::rule::all, *parent_, h);
    }
    std::tuple<non_void<T>...> await_resume() {
        if (children_.group().lacks_a_value()) [[unlikely]]
            failed();
        return values(std::index_sequence_for<T...>());
    }

private:
    template <std::size_t... I>
    std::tuple<non_void<T>...> values(std::index_sequence<I...>) {
        const ended end{children_};
        return std::tuple<non_void<T>...>(take_value<T>(children_.template promise_of<I>())...);
    }
    struct ended {
        forked_children<T...>& children;
        ~ended() { children.destroy(); }
    };
    [[noreturn]] void failed() {
        if (!parent_) throw cancelled();
        children_.group().close();
        const ended end{children_};
        first_failure first(children_.group().first(), parent_->root);
        children_.each_promise([&](promise_base& p) { first.look_at(p); });
        first.rethrow();
    }

    forked_children<T...> children_;
    branch* parent_ = nullptr;  // null once more: stopped before it began
};

/// Is the awaiter of all of nothing: an empty tuple at once.
class [[nodiscard("co_await it")]] nothing_await {
public:
    nothing_await() noexcept {}
    void attach(branch& b) noexcept {
        stopped_ = b.root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(b.innermost);
    }
    bool await_ready() const noexcept { return true; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) const noexcept { return h; }
    std::tuple<> await_resume() const {
        if (stopped_) throw cancelled();
        return {};
    }

private:
    bool stopped_ = false;
};

/// Runs several awaitables at once and waits for all of them. They begin in the order of the arguments; on the pool they
/// may be stolen by other workers.
/// Completes: with a tuple of the values when the last has ended; void yields `std::monostate`. Of nothing: at once.
/// Errors: the first failure in time stops the others and is thrown; later ones go to the log hook.
/// Cancel: stops the children and waits for them; a child that nobody has begun is not begun.
/// Cost: the children's frames; no allocation, and no atomic operation on the pool unless a child was stolen.
template <to_be_awaited... A>
[[nodiscard("co_await it")]] auto when_all(A&&... awaitables) {
    if constexpr (sizeof...(A) == 0) {
        return nothing_await();
    } else {
        return []<class... T>(task<T>&&... t) {
            return when_all_await<T...>(std::move(t)...);
        }(as_child(std::forward<A>(awaitables))...);
    }
}

}  // namespace coil
