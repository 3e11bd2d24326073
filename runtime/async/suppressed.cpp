// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/async/suppressed.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>

#include <atomic>
#include <string>

namespace coil {

namespace {

void to_log(std::exception_ptr error, std::string_view task, std::uint64_t id) noexcept {
    try {
        std::string line = "an error was suppressed by an earlier one, in task " + std::to_string(id);
        if (!task.empty()) line.append(" \"").append(task).append("\"");
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            line.append(": ").append(e.what());
        } catch (...) {
            line.append(": it is no std::exception");
        }
        log(line);
    } catch (...) {
        log("an error was suppressed by an earlier one, and memory is out");
    }
}

std::atomic<suppressed_hook> hook{&to_log};

bool is_cancelled(const std::exception_ptr& e) noexcept {
    try {
        std::rethrow_exception(e);
    } catch (const cancelled&) {
        return true;
    } catch (...) {
        return false;
    }
}

}  // namespace

suppressed_hook set_suppressed_hook(suppressed_hook h) noexcept { return hook.exchange(h ? h : &to_log); }

void suppress(std::exception_ptr error, task_record* task) noexcept {
    if (!error || is_cancelled(error)) return;
    hook.load(std::memory_order_relaxed)(std::move(error), task ? task->name() : std::string_view(),
                                         task ? task->id() : 0);
}

void first_failure::rethrow() {
    if (error_) std::rethrow_exception(std::move(error_));
    if (stopped_) std::rethrow_exception(std::move(stopped_));
    throw cancelled();
}

}  // namespace coil
