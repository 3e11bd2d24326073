// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/task_group.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <mutex>

namespace coil {

task_group::~task_group() {
    if (live_ != 0) broken("the owner of tasks was destroyed while they still run");
}

void task_group::add(task_record& r) {
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
