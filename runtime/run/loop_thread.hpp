// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/coro/task.hpp>

#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace coil {

/// Runs one task on a loop of its own, on a thread of its own, and lets a task elsewhere wait for it.
/// Errors: what the task throws, and what forbids a loop, is thrown by `end`.
/// Lifetime: begun at most once; destroyed after `end`, or never begun.
class loop_thread {
public:
    explicit loop_thread(std::string name) : name_(std::move(name)) {}
    loop_thread(const loop_thread&) = delete;
    loop_thread& operator=(const loop_thread&) = delete;
    ~loop_thread();

    /// Starts the thread; `make` is called on it and `failed` if its task ends by an error, on it too.
    /// Errors: `std::system_error` if there is no thread to be had.
    void begin(std::function<task<>()> make, std::function<void()> failed);
    /// Stops the task. Threads: any.
    void stop() noexcept;
    /// Waits until the thread is over. Throws what its task threw, but not `cancelled`.
    task<> end();

private:
    void main() noexcept;
    task<> body();

    const std::string name_;
    std::function<task<>()> make_;
    std::function<void()> failed_;
    std::thread thread_;
    std::mutex lock_;  // guards all below
    join_handle<void>* running_ = nullptr;
    bool stop_wanted_ = false;
    bool over_ = false;
    std::exception_ptr error_;
    std::optional<resolver<void>> waiting_;
};

}  // namespace coil
