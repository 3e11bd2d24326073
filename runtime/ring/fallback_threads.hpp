// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/ring/fallback_request.hpp>
#include <coil/runtime/ring/fork_guard.hpp>

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>

namespace coil::ring {

// Where the threads leave what they have done, for the owner of one ring.
class fallback_work_done {
public:
    // Waits until the last thread has left: for the destructor of the complete object, which they tell.
    void await_threads() noexcept;
    void push(fallback_request& r) noexcept;
    bool empty() const noexcept { return first_.load(std::memory_order_relaxed) == nullptr; }
    // Everything, linked by `next_done`.
    fallback_request* take() noexcept { return first_.exchange(nullptr, std::memory_order_acquire); }

    // In a forked child, where no thread will ever leave.
    void forget_threads() noexcept { visitors_.store(0, std::memory_order_relaxed); }

protected:
    fallback_work_done() = default;
    ~fallback_work_done() = default;

private:
    virtual void tell() noexcept = 0;

    std::atomic<fallback_request*> first_{nullptr};  // push: release, take: acquire
    std::atomic<unsigned> visitors_{0};              // threads between their push and their last touch
};

// The process's threads for entries that block; shared by its epoll sides.
// Shape: some at once when there is work, more while the line stands still, none after a while without work.
// Lifetime: never destroyed; a forked child begins with none.
class fallback_threads final : private fork_guard {
public:
    static fallback_threads& of_process();

    // False if not even one thread can be had: then nothing was queued.
    bool submit(fallback_request& r, fallback_work_done& to) noexcept;
    // True if the request was in line and is the caller's again; otherwise its thread is interrupted, and it ends by
    // itself. An interruption can come too early: repeat it until the request is done.
    bool cancel(fallback_request& r) noexcept;
    // To be called every few milliseconds while there is a line: adds a thread if none has moved since.
    void look_after() noexcept;
    bool has_line() const noexcept { return queued_.load(std::memory_order_relaxed) != 0; }

private:
    fallback_threads();
    bool start() noexcept;
    void main() noexcept;
    void forked() noexcept override;

    std::mutex lock_;
    std::condition_variable work_;
    intrusive_list<fallback_request> line_;
    std::size_t threads_ = 0;
    std::size_t idle_ = 0;  // waiting, or told to look and not awake yet
    std::uint64_t taken_ = 0;
    std::uint64_t taken_before_ = 0;
    unsigned born_ = 0;
    int interruption_ = 0;  // the signal
    std::atomic<std::size_t> queued_{0};
};

}  // namespace coil::ring
