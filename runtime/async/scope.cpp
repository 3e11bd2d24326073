// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/scope.hpp>

#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>

#include <utility>

namespace coil {

namespace {
bool stop_reaches_us() noexcept { return region::reaches(this_thread.current->innermost); }
}  // namespace

scope::~scope() {
    if (size() != 0)
        broken("a coil::scope was destroyed while tasks of it still run; co_await its close() before, in a "
               "coil::finally if the task that owns it may be stopped, or use coil::with_scope");
    if (std::exception_ptr lost = tasks_->lost_failure()) suppress(std::move(lost), nullptr);
    tasks_->release();
}

task<> scope::join(place where) {
    co_await scope_wait(*tasks_, scope_tasks::whom::tasks, where);
    tasks_->stop_daemons("its scope has ended");
    co_await scope_wait(*tasks_, scope_tasks::whom::everybody, where);
    tasks_->throw_failure();
    if (tasks_->stopped() && stop_reaches_us()) throw cancelled();
}

task<> scope::close(place where) {
    tasks_->stop("its scope was closed");
    co_await scope_wait(*tasks_, scope_tasks::whom::everybody, where);
    tasks_->throw_failure();
}

task<> scope::end_body(std::exception_ptr thrown, place where) {
    if (thrown) {
        tasks_->body_failed(thrown);
        co_await close(where);  // throws the first failure, which may be the body's
        std::rethrow_exception(std::move(thrown));
    }
    co_await join(where);
}

}  // namespace coil
