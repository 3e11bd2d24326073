// SPDX-License-Identifier: BSL-1.0
#include <coil/process/child_state.hpp>

#include <coil/process/pidfd.hpp>
#include <coil/runtime/async/sleep.hpp>
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/io/ready.hpp>

#include <chrono>

namespace coil::process {

std::optional<exit_status> child_state::ended() noexcept {
    const std::scoped_lock guard(lock_);
    if (end_) return end_;
    const child_end e = reap(pidfd_.number());
    if (e.how != child_end::kind::running) end_ = status_of(e);
    return end_;
}

bool child_state::is_over() noexcept {
    const std::scoped_lock guard(lock_);
    return end_ || look(pidfd_.number()).how != child_end::kind::running;
}

bool child_state::signal(int number, bool to_group) noexcept {
    const std::scoped_lock guard(lock_);
    if (end_) return false;
    if (to_group && leads_) return send_signal_to_group(pidfd_.number(), pid_, number) == 0;
    return send_signal(pidfd_.number(), number) == 0;
}

namespace {

// A pidfd is ready for ever once the child has ended. If there is no status yet, a debugger has it first.
constexpr auto until_debugger_lets_go = std::chrono::milliseconds(10);

}  // namespace

task<exit_status> end_of(std::shared_ptr<child_state> c) {
    this_task::check_stop();
    std::optional<exit_status> end = c->ended();
    if (!end) {
        co_await ready_await(c->pidfd(), ready_await::side::readable, place::current());
        end = c->ended();
    }
    while (!end) {
        co_await sleep_for(until_debugger_lets_go);
        end = c->ended();
    }
    co_return *end;
}

task<> until_over(std::shared_ptr<child_state> c) {
    this_task::check_stop();
    bool over = c->is_over();
    if (!over) {
        co_await ready_await(c->pidfd(), ready_await::side::readable, place::current());
        over = c->is_over();
    }
    while (!over) {
        co_await sleep_for(until_debugger_lets_go);
        over = c->is_over();
    }
}

}  // namespace coil::process
