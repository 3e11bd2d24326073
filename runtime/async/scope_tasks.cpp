// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/scope_tasks.hpp>

#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>

#include <mutex>
#include <string>
#include <utility>

namespace coil {

namespace {
constexpr std::string_view by_sibling = "another task of its scope has failed";
constexpr std::string_view by_owner = "the task that waits for its scope was stopped";
}  // namespace

// ------------------------------------------------------------------ failures

// True if it is the scope's first.
bool scope_tasks::note_failure(const std::exception_ptr& error) noexcept {
    std::scoped_lock guard(lock_);
    if (!first_) first_ = error;
    return first_ == error;
}

void scope_tasks::failed(task_record&, const std::exception_ptr& error) noexcept {
    // a later error waits in its handle, or was handed to `unclaimed`
    if (!note_failure(error)) return;
    stop(by_sibling);
    stop_body();
}

void scope_tasks::unclaimed(std::exception_ptr error, task_record& r) noexcept {
    // the first one is the scope's to throw
    if (!note_failure(error)) suppress(std::move(error), &r);
}

void scope_tasks::body_failed(std::exception_ptr e) noexcept {
    try {
        std::rethrow_exception(e);
    } catch (const cancelled&) {
        return;
    } catch (...) {
    }
    if (!note_failure(e)) suppress(std::move(e), body_branch_->root);
}

void scope_tasks::throw_failure() {
    std::exception_ptr error = lost_failure();
    if (error) std::rethrow_exception(std::move(error));
}

std::exception_ptr scope_tasks::lost_failure() noexcept {
    std::scoped_lock guard(lock_);
    if (!first_ || std::exchange(thrown_, true)) return nullptr;
    return first_;
}

// ------------------------------------------------------------------ body

void scope_tasks::open_body(branch& b) noexcept {
    body_branch_ = &b;
    body_region_.outer = b.innermost;
    b.innermost = &body_region_;
    body_.store(body::open, std::memory_order_release);
    bool late = false;
    {
        std::scoped_lock guard(lock_);
        late = first_ != nullptr;
    }
    if (late) stop_body();
}

void scope_tasks::close_body() noexcept {
    for (body expected = body::open; !body_.compare_exchange_weak(expected, body::none, std::memory_order_acq_rel);) {
        expected = body::open;
        relax();
    }
    body_branch_->innermost = body_region_.outer;
    body_branch_->root->closed(body_region_);
}

void scope_tasks::stop_body() noexcept {
    body expected = body::open;
    if (!body_.compare_exchange_strong(expected, body::busy, std::memory_order_acq_rel)) return;
    body_branch_->root->stop(body_region_);
    body_.store(body::open, std::memory_order_release);
}

// ------------------------------------------------------------------ join

bool scope_tasks::none_left_locked(whom w) const noexcept {
    return tasks_locked() == 0 && (w == whom::tasks || daemons_locked() == 0);
}

bool scope_tasks::none_left(whom w) const noexcept {
    std::scoped_lock guard(lock_);
    return none_left_locked(w);
}

scope_tasks::registered scope_tasks::set_joiner(wait& w, whom for_whom) noexcept {
    std::scoped_lock guard(lock_);
    if (none_left_locked(for_whom)) return registered::nobody_left;
    if (joiner_) return registered::occupied;
    joiner_ = &w;
    joined_ = for_whom;
    return registered::yes;
}

wait* scope_tasks::task_ended(task_record&) noexcept {
    return joiner_ && none_left_locked(joined_) ? std::exchange(joiner_, nullptr) : nullptr;
}

void scope_tasks::stop_soon(executor& on) noexcept {
    if (stop_sent_.exchange(true, std::memory_order_relaxed)) return;
    keep();
    on.post(stop_job_);
}

void scope_tasks::stop_job::go(job& j) noexcept {
    scope_tasks& t = *static_cast<stop_job&>(j).tasks;
    t.stop(by_owner);
    t.drop();
}

// ------------------------------------------------------------------ life

task_owner& scope_tasks::keep() noexcept {
    references_.fetch_add(1, std::memory_order_relaxed);
    return *this;
}

void scope_tasks::drop() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) delete this;
}

void scope_tasks::in_run_of(branch* b) noexcept {
    if (b) run_.store(&b->root->owner().run(), std::memory_order_relaxed);
}

// Without a run around, what its tasks spawn is its own as well.
task_owner& scope_tasks::run() noexcept {
    task_owner* r = run_.load(std::memory_order_relaxed);
    return r ? *r : *this;
}

// ------------------------------------------------------------------ the wait

const wait_table scope_wait::table = {&scope_wait::stop, nullptr, &scope_wait::describe};

std::coroutine_handle<> scope_wait::await_suspend(std::coroutine_handle<> h) noexcept {
    if (wait_for_the_last(h)) return std::noop_coroutine();
    if (!was_stopped()) return h;
    // the stop was there first: the tasks are told, and their end is waited for under a shield
    tasks_->stop(by_owner);
    set_claim(claim_state::open);
    branch& b = *owner();
    shield_.outer = b.innermost;
    shield_.shielded = true;
    b.innermost = &shield_;
    shielded_ = true;
    return wait_for_the_last(h) ? std::noop_coroutine() : h;
}

bool scope_wait::wait_for_the_last(std::coroutine_handle<> h) noexcept {
    return enter(h, [this] {
        const auto done = tasks_->set_joiner(*this, for_whom_);
        occupied_ = done == scope_tasks::registered::occupied;
        return done == scope_tasks::registered::yes;
    });
}

void scope_wait::await_resume() {
    if (shielded_) owner()->innermost = shield_.outer;
    finish();
    if (occupied_) misuse("another task waits for this scope at the moment", where_);
}

// Called under a lock of the waiting task: what a stop runs is the tasks' own matter and comes later.
bool scope_wait::stop(wait& w) noexcept {
    auto& self = static_cast<scope_wait&>(w);
    self.tasks_->stop_soon(*self.owner()->home);
    return false;  // the last task makes us ready
}

void scope_wait::describe(const wait& w, std::string& text) {
    const scope_tasks& t = *static_cast<const scope_wait&>(w).tasks_;
    text.append("the end of a scope's tasks, ").append(std::to_string(t.tasks())).append(" left");
}

}  // namespace coil
