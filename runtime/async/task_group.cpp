// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/task_group.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>

namespace coil {

namespace {

// All groups that have had tasks, for reports; several lists, so that threads that open scopes do not meet.
struct alignas(64) group_list {
    spin_lock lock;
    intrusive_list<task_group> groups;
};
constexpr std::size_t group_lists = 16;

group_list* all_groups() noexcept {
    static group_list* const lists = new group_list[group_lists];  // never destroyed
    return lists;
}

group_list& list_of(const task_group& g) noexcept {
    return all_groups()[(reinterpret_cast<std::uintptr_t>(&g) >> 6) % group_lists];
}

}  // namespace

task_group::~task_group() {
    if (live_ != 0) broken("the owner of tasks was destroyed while they still run");
    if (!listed_.load(std::memory_order_relaxed)) return;
    group_list& mine = list_of(*this);
    const std::scoped_lock guard(mine.lock);
    intrusive_list<task_group>::remove(*this);
}

// Not under the group's lock: who looks at all groups holds the list's lock first.
void task_group::enlist() noexcept {
    if (listed_.exchange(true, std::memory_order_relaxed)) return;
    group_list& mine = list_of(*this);
    const std::scoped_lock guard(mine.lock);
    mine.groups.push_back(*this);
}

void task_group::each_of_all(void (*f)(task_record&, task_group&, void*), void* context) {
    struct one_group {
        void (*f)(task_record&, task_group&, void*);
        task_group* group;
        void* context;
    };
    for (std::size_t i = 0; i != group_lists; ++i) {
        group_list& list = all_groups()[i];
        const std::scoped_lock guard(list.lock);
        for (task_group* g = list.groups.front(); g; g = list.groups.after(*g)) {
            one_group here{f, g, context};
            g->each(
                [](task_record& r, void* to) {
                    const one_group& its = *static_cast<one_group*>(to);
                    its.f(r, *its.group, its.context);
                },
                &here);
        }
    }
}

void task_group::add(task_record& r) {
    if (!listed_.load(std::memory_order_relaxed)) [[unlikely]]
        enlist();
    bool late = false;
    {
        std::scoped_lock guard(lock_);
        members_.push_back(r);
        ++live_;
        if (r.daemon) ++daemons_;
        late = stopped_;
    }
    if (late) r.cancel("its scope was stopped before it began");
}

void task_group::ended(task_record& r) noexcept {
    wait* joiner = nullptr;
    {
        std::scoped_lock guard(lock_);
        intrusive_list<task_record>::remove(r);
        --live_;
        if (r.daemon) --daemons_;
        joiner = task_ended(r);
    }
    if (joiner) joiner->make_ready();
}

void task_group::stop(std::string_view reason) noexcept { stop_some(false, reason); }
void task_group::stop_daemons(std::string_view reason) noexcept { stop_some(true, reason); }

// One at a time and outside of the lock: a stop may run callbacks, and a stopped task may end at once.
void task_group::stop_some(bool daemons_only, std::string_view reason) noexcept {
    {
        std::scoped_lock guard(lock_);
        if (!daemons_only) stopped_ = true;
    }
    for (;;) {
        task_record* r = nullptr;
        {
            std::scoped_lock guard(lock_);
            for (r = members_.front(); r && daemons_only && !r->daemon; r = members_.after(*r)) {}
            if (!r) return;
            intrusive_list<task_record>::remove(*r);
            told_.push_back(*r);
            r->add_reference();
        }
        r->cancel(reason);
        r->drop_reference();
    }
}

std::size_t task_group::tasks() const noexcept {
    std::scoped_lock guard(lock_);
    return live_ - daemons_;
}

std::size_t task_group::daemons() const noexcept {
    std::scoped_lock guard(lock_);
    return daemons_;
}

bool task_group::stopped() const noexcept {
    std::scoped_lock guard(lock_);
    return stopped_;
}

void task_group::each(void (*f)(task_record&, void*), void* context) {
    std::scoped_lock guard(lock_);
    for (auto* list : {&members_, &told_})
        for (task_record* r = list->front(); r; r = list->after(*r)) f(*r, context);
}

}  // namespace coil
