// SPDX-License-Identifier: BSL-1.0
#include <coil/process/pool.hpp>

#include <coil/process/pool_core.hpp>
#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>

#include <string>

namespace coil::process {

pool::pool(count workers, pool_options options, place where) {
    const auto checked = [where](std::size_t n) {
        if (n == 0) bad_argument("process::pool: a pool of no workers", where);
        if (n > 4096) bad_argument("process::pool: a pool of " + std::to_string(n) + " workers", where);
        return n;
    };
    if (options.max_tasks_per_child.given() && options.max_tasks_per_child.value() == 0)
        bad_argument("process::pool: a worker that may make no call", where);
    const worker_source& source = options.over ? *options.over : this_machine();
    source.prepare(workers.given() ? checked(workers.value_or(0)) : 0);
    const auto n = checked(workers.value_or(source.usual()));
    core_ = std::make_shared<pool_core>(n, options);
    if (const auto most = source.most_at_once(); n > most)
        log("process::pool " + core_->name() + " has " + std::to_string(n) + " workers, and the machine can run " +
            std::to_string(most) + " at once");
    try {
        core_->open();
    } catch (...) {
        core_->shut_down();
        throw;
    }
}

pool& pool::operator=(pool&& other) noexcept {
    std::swap(core_, other.core_);
    return *this;
}

pool::~pool() {
    if (core_) core_->shut_down();
}

task<> pool::close() { return core_->close(); }
void pool::shut_down() noexcept { core_->shut_down(); }
std::size_t pool::size() const noexcept { return core_->size(); }
const std::string& pool::name() const noexcept { return core_->name(); }
std::vector<int> pool::pids() const { return core_->pids(); }

task<> carry(pool_core& core, batch& b) { return core.carry(b); }

stream_guard::stream_guard(std::shared_ptr<pool_core> core, std::shared_ptr<batch> b, place where)
    : core_(std::move(core)), batch_(std::move(b)) {
    if (!core_->enlist(*batch_)) core_->refuse(where);
}

stream_guard::~stream_guard() { core_->adopt(batch_); }

task<> stream_guard::attend() {
    bool stopped = false;
    try {
        co_await core_->attend(*batch_);
    } catch (const cancelled&) {
        stopped = true;
    }
    if (!stopped) co_return;
    core_->retract(*batch_, true);
    co_await shield(core_->attend(*batch_));
    throw cancelled();
}

}  // namespace coil::process
