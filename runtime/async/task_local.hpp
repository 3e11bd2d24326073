// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/bracket.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <utility>

namespace coil {

/// Finds what the running branch has bound to a key, or null. The innermost binding wins.
inline void* find_binding(const void* key) noexcept {
    const branch* b = this_thread.current;
    for (const local_binding* l = b ? b->bindings() : nullptr; l; l = l->outer)
        if (l->key == key) return l->value;
    return nullptr;
}

/// Keeps a value and binds it for as long as the bracket is open.
template <class T>
class bound_value {
public:
    template <class U>
    bound_value(const void* key, U&& u) : key_(key), value_(std::forward<U>(u)) {}
    bound_value(bound_value&& other) : key_(other.key_), value_(std::move(other.value_)) {}

    void open(branch& b) noexcept {
        branch_ = &b;
        inherited_ = b.inherited;
        link_ = {key_, &value_, b.bindings()};
        b.bind(link_);
    }
    void close() noexcept { branch_->inherited = inherited_; }

private:
    const void* key_;
    T value_;
    local_binding link_{};
    branch* branch_ = nullptr;
    std::uintptr_t inherited_ = 0;
};

/// Is the awaiter of `task_local::with`.
template <attachable Inner, class T>
class [[nodiscard("co_await it")]] with_await : public bracket<Inner, bound_value<T>> {
    using base = bracket<Inner, bound_value<T>>;

public:
    template <class U>
    with_await(Inner&& inner, const void* key, U&& u) : base(std::move(inner), key, std::forward<U>(u)) {}
    with_await(with_await&&) = default;

    decltype(auto) await_resume() {
        const typename base::closing close(*this);
        return this->inner_.await_resume();
    }
    auto await_result()
        requires yields_result<Inner>
    {
        const typename base::closing close(*this);
        return this->inner_.await_result();
    }
};

/// Names a value that belongs to the running task, as a thread_local belongs to a thread.
/// Shape: bound for what `with` awaits, and for the children that combinators fork below it; a spawned task starts with
/// nothing. It goes along from loop to pool and back.
/// Threads: `get` is about the calling branch; siblings below one `with` share its value, as they share any variable.
/// Lifetime: outlives the awaits of its `with`. Cost: one store to bind, a walk over the bindings around to get.
template <class T>
class task_local {
public:
    task_local() noexcept = default;
    task_local(const task_local&) = delete;
    task_local& operator=(const task_local&) = delete;

    /// Awaits something with this value bound. Cancel: as what it awaits. Cost: no frame, no allocation.
    template <class U = T, to_be_awaited A>
    auto with(U&& value, A&& aw, place where = place::current()) {
        return with_await<awaiter_of<A>, T>(as_awaiter(std::forward<A>(aw), where), this, std::forward<U>(value));
    }

    /// The value bound here. Errors: `std::logic_error` if none is.
    T& get(place where = place::current()) const {
        if (T* t = find()) return *t;
        misuse("no value of this coil::task_local is bound in this task", where);
    }
    /// The same, or null.
    T* find() const noexcept { return static_cast<T*>(find_binding(this)); }
};

}  // namespace coil
