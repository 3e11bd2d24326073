// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/region.hpp>

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
    branch() noexcept = default;
    branch(task_record& r, region& base, executor& h) noexcept : innermost(&base), root(&r), home(&h) {}

    /// Starts a child below `p`: it inherits home, locals and root, and runs in `r`.
    void fork_from(branch& p, region& r) noexcept {
        innermost = &r;
        root = p.root;
        home = p.home;
        parent = &p;
        locals = p.locals;
        waiting = nullptr;
    }

    region* innermost = nullptr;
    task_record* root = nullptr;
    executor* home = nullptr;       // where it resumes, whatever it awaits
    branch* parent = nullptr;       // null in a root branch
    local_binding* locals = nullptr;
    wait* waiting = nullptr;        // what it is suspended in, while others may stop it; guarded as the record's list is
};

}  // namespace coil
