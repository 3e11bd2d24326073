// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fork_guard.hpp>
#include <coil/runtime/ring/kernel_options.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace coil::ring {

class kernel_memory;

/// Has its entries answered by io_uring.
/// Shape: made disabled, by any thread; the first thread that runs it enables and owns it.
/// Errors: the constructor throws `std::system_error` that says what forbids io_uring here and what to do about it.
/// Threads: as `ring`. The owner destroys it, or any thread once the owner has ended; destroyed by another while the
/// owner lives, it gives its memory back when the owner ends.
/// Lifetime: nothing may be in flight when it is destroyed. In a forked child it refuses everything.
/// Cost: one or two descriptors, and the two queues (81 KiB with the default sizes).
/// Source: io_uring_setup(2), io_uring_enter(2), io_uring_register(2); Linux 6.1 and later.
class kernel_ring final : public ring, private fork_guard {
public:
    explicit kernel_ring(const kernel_options& options = {});
    ~kernel_ring() override;

    void submit_and_wait(time_point deadline) override;
    long now(const call& what) override;
    int close(int fd) noexcept override;
    time_point clock() const noexcept override;
    void wake() noexcept override;
    bool pick_from(io_uring_buf* offered, unsigned count) noexcept override;

private:
    void use_memory() noexcept;
    void become_owner();
    void arm_wake_up();
    int enter(unsigned to_submit, unsigned min_complete, unsigned flags, void* argument, std::size_t size) noexcept;
    int enter_and_wait(unsigned to_submit, time_point deadline) noexcept;
    void accept_refusal(int error);
    void own_completion(const completion& c) noexcept override;
    void forked() noexcept override;

    const std::unique_ptr<kernel_memory> memory_;
    const enter_function enter_;
    std::uint64_t owner_ = 0;   // number of the thread that runs it; 0: not enabled
    unsigned enter_fd_ = 0;     // the index registered with the owner's thread, or the descriptor
    unsigned enter_flags_ = 0;  // says which
    int event_fd_ = -1;         // wakes the ring where no message can be sent
    bool disarmed_ = false;     // nothing in the ring watches `event_fd_`
    bool forked_ = false;
    // A wake-up that came before the ring was enabled and could not be delivered.
    std::atomic<bool> woken_early_{false};
};

}  // namespace coil::ring
