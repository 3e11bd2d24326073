// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>

#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace coil::process {

/// Is how a worker ended.
class worker_status {
public:
    worker_status(int exit_code, int signal, std::exception_ptr error) noexcept
        : exit_code_(exit_code), signal_(signal), error_(std::move(error)) {}

    /// What its function returned if that was an int, what it gave to exit, 1 if an exception ended it, else 0;
    /// -15 if signal 15 ended it, and so on.
    int exit_code() const noexcept { return signal_ != 0 ? -signal_ : exit_code_; }
    /// The signal that ended it; 0 if none did.
    int signal() const noexcept { return signal_; }
    bool success() const noexcept { return exit_code() == 0; }
    /// The exception that ended it, as the pool carries one over; null if none did.
    const std::exception_ptr& error() const noexcept { return error_; }
    /// Throws the exception that ended it, if one did.
    void rethrow() const {
        if (error_) std::rethrow_exception(error_);
    }

private:
    int exit_code_;
    int signal_;
    std::exception_ptr error_;
};

class started_worker;

/// Stands for a process that `start` made. Threads: any.
/// Errors: signals never reach a stranger: the process is known by its descriptor, not by its number.
class worker {
public:
    explicit worker(std::shared_ptr<started_worker> s) noexcept : state_(std::move(s)) {}
    worker(worker&&) noexcept = default;
    worker& operator=(worker&&) noexcept = default;
    ~worker() = default;

    const std::string& name() const noexcept;
    int pid() const noexcept;
    bool alive() const noexcept;
    /// Asks it to end (SIGTERM), ends it (SIGKILL), or sends another signal. False if it has ended.
    bool terminate() noexcept;
    bool kill() noexcept;
    bool send_signal(int number) noexcept;
    /// Waits for its end. Completes: with how it ended, every time. Cancel: the process goes on.
    [[nodiscard("co_await it")]] task<worker_status> join();

private:
    std::shared_ptr<started_worker> state_;
};

}  // namespace coil::process
