// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/region.hpp>

#include <cstdint>

namespace coil {

class executor;
class task_record;

/// Is one value that `task_local::with` bound; a chain of them lies in the awaiters that bound them.
struct local_binding {
    const void* key;
    void* value;
    local_binding* outer;
};

/// Is one line of execution: it does one thing at a time. A spawned task has a root branch in its record, each child of
/// a combinator a small one in the parent's awaiter. Promises point to it; locks are owned by it.
class branch {
public:
    struct unset {};  // for a fork, which fills it at once
    branch() noexcept : innermost(nullptr), root(nullptr), home(nullptr), inherited(0) {}
    explicit branch(unset) noexcept {}
    branch(task_record& r, stop_mark& base, executor& h) noexcept : innermost(&base), root(&r), home(&h), inherited(0) {}

    /// Starts a child below `p`: it inherits home, locals and root, and runs in `r`.
    void fork_from(branch& p, stop_mark& r) noexcept {
        innermost = &r;
        root = p.root;
        home = p.home;
        inherited = p.inherited;
    }

    // in `inherited`
    static constexpr std::uintptr_t timed = 1;    // a time limit lies around
    static constexpr std::uintptr_t unarmed = 2;  // perhaps one whose timer is not armed
    static constexpr std::uintptr_t tags = 3;
    static_assert(alignof(local_binding) > tags);

    local_binding* bindings() const noexcept { return reinterpret_cast<local_binding*>(inherited & ~tags); }
    void bind(local_binding& b) noexcept { inherited = reinterpret_cast<std::uintptr_t>(&b) | (inherited & tags); }

    /// Another thread may look for this branch's home while it moves.
    void move_to(executor& to) noexcept { std::atomic_ref<executor*>(home).store(&to, std::memory_order_release); }
    executor& home_seen_from_elsewhere() noexcept {
        return *std::atomic_ref<executor*>(home).load(std::memory_order_acquire);
    }

    /// Called by whatever suspends the branch for more than a hand-over: from here on time limits have to be watched.
    void suspends() noexcept {
        if (limits_to_arm()) [[unlikely]]
            arm_time_limits();
    }
    bool limits_to_arm() const noexcept { return (inherited & unarmed) != 0; }

    stop_mark* innermost;
    task_record* root;
    executor* home;            // where it resumes, whatever it awaits
    std::uintptr_t inherited;  // what children take over in one copy: bindings, and in the low bits `timed`, `unarmed`

private:
    void arm_time_limits() noexcept;
};

}  // namespace coil
