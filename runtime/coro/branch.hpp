// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/region.hpp>

#include <cstdint>

namespace coil {

class executor;
class task_record;
class wait;

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
    branch() noexcept : innermost(nullptr), parent(nullptr), root(nullptr), home(nullptr), inherited(0), waiting(nullptr) {}
    explicit branch(unset) noexcept {}
    branch(task_record& r, region& base, executor& h) noexcept
        : innermost(&base), parent(nullptr), root(&r), home(&h), inherited(0), waiting(nullptr) {}

    /// Starts a child below `p`: it inherits home, locals and root, and runs in `r`.
    void fork_from(branch& p, region& r) noexcept {
        innermost = &r;
        parent = &p;
        root = p.root;
        home = p.home;
        inherited = p.inherited;
        waiting = nullptr;
    }

    // in `inherited`
    static constexpr std::uintptr_t timed = 1;    // a time limit lies around
    static constexpr std::uintptr_t unarmed = 2;  // perhaps one whose timer is not armed
    static constexpr std::uintptr_t tags = 3;
    static_assert(alignof(local_binding) > tags);

    local_binding* bindings() const noexcept { return reinterpret_cast<local_binding*>(inherited & ~tags); }
    void bind(local_binding& b) noexcept { inherited = reinterpret_cast<std::uintptr_t>(&b) | (inherited & tags); }

    /// Called by whatever suspends the branch for more than a hand-over: from here on time limits have to be watched.
    void suspends() noexcept {
        if ((inherited & unarmed) != 0) [[unlikely]] arm_time_limits();
    }

    region* innermost;
    branch* parent;            // null in a root branch
    task_record* root;
    executor* home;            // where it resumes, whatever it awaits
    std::uintptr_t inherited;  // what children take over in one copy: bindings, and in the low bits `timed`, `unarmed`
    wait* waiting;             // what it is suspended in, while others may stop it; guarded as the record's list is

private:
    void arm_time_limits() noexcept;
};

}  // namespace coil
