// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <exception>

namespace coil {

/// Receives errors that had to give way to an earlier one, each once.
using suppressed_hook = void (*)(std::exception_ptr error, std::string_view task, std::uint64_t id) noexcept;

/// Installs the hook of the process; null: the default, which writes task, line and text to the log hook.
suppressed_hook set_suppressed_hook(suppressed_hook hook) noexcept;

/// Hands an error to the hook; `cancelled` is no error and is dropped.
void suppress(std::exception_ptr error, task_record* task) noexcept;

/// Chooses among the ends of siblings: the first error in time, else that they were stopped; the others are suppressed.
class first_failure {
public:
    first_failure(fork_slot* first_error, task_record* task) noexcept
        : first_(first_error ? &promise_base::of(first_error->handle) : nullptr), task_(task) {}

    void look_at(promise_base& p) noexcept {
        if (p.how() == promise_base::outcome::value || p.how() == promise_base::outcome::none) return;
        if (&p == first_) error_ = p.take_thrown();
        else if (p.how() == promise_base::outcome::error) suppress(p.take_thrown(), task_);
        else if (!stopped_) stopped_ = p.take_thrown();  // may be empty: it never began
    }
    [[noreturn]] void rethrow();

private:
    promise_base* first_;
    task_record* task_;
    std::exception_ptr error_;
    std::exception_ptr stopped_;
};

}  // namespace coil
