// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/loop_thread.hpp>

#include <coil/runtime/async/shield.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/run/run.hpp>
#include <coil/runtime/sched/loop.hpp>
#include <coil/runtime/sched/machine.hpp>

#include <utility>

namespace coil {

loop_thread::~loop_thread() {
    if (thread_.joinable()) thread_.join();
}

void loop_thread::begin(std::function<task<>()> make, std::function<void()> failed) {
    make_ = std::move(make);
    failed_ = std::move(failed);
    try {
        thread_ = std::thread([this] { main(); });
    } catch (...) {
        over_ = true;
        throw;
    }
}

void loop_thread::stop() noexcept {
    const std::scoped_lock guard(lock_);
    stop_wanted_ = true;
    if (running_ != nullptr) running_->cancel("the server stops");
}

void loop_thread::main() noexcept {
    std::exception_ptr error;
    try {
        machine::become_thread(name_);
        loop own;
        own.run(body());
    } catch (const cancelled&) {
        // asked for
    } catch (...) {
        error = std::current_exception();
    }
    if (error) failed_();
    frames::flush();
    std::optional<resolver<void>> waiting;
    {
        const std::scoped_lock guard(lock_);
        error_ = std::move(error);
        over_ = true;
        waiting = std::exchange(waiting_, std::nullopt);
    }
    if (waiting) waiting->set_value();
}

task<> loop_thread::body() {
    auto h = spawn(make_());
    {
        const std::scoped_lock guard(lock_);
        running_ = &h;
        if (stop_wanted_) h.cancel();
    }
    std::exception_ptr error;
    try {
        co_await h;
    } catch (...) {
        error = std::current_exception();
    }
    {
        const std::scoped_lock guard(lock_);
        running_ = nullptr;
    }
    if (error) std::rethrow_exception(std::move(error));
}

task<> loop_thread::end() {
    const auto begin = [this](resolver<void> r) {
        const std::scoped_lock guard(lock_);
        if (over_) r.set_value();
        else waiting_ = std::move(r);
    };
    co_await shield(from_callback<void>(begin));
    if (thread_.joinable()) thread_.join();
    if (error_) std::rethrow_exception(std::exchange(error_, nullptr));
}

}  // namespace coil
