// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/ring.hpp>
#include <coil/runtime/ring/simulated_faults.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>
#include <thread>
#include <vector>

namespace coil::ring {

class simulated_kernel;
class simulated_luck;
class simulated_random;
struct simulated_request;

/// Chooses what a simulation does that a kernel might do.
struct simulation_options {
    std::uint64_t seed = 1;                         ///< decides every order and every race
    unsigned submission_entries = 256;              ///< rounded up to a power of two
    unsigned completion_entries = 4096;             ///< likewise
    unsigned linger = 0;                            ///< chance in 1000 that what could complete now does so later
    bool refuse_when_overflowed = false;            ///< no entry is taken while completions found no room, as EBUSY did
    sim::faults faults = {};                        ///< what goes wrong, at random
    std::span<const sim::planned_fault> plan = {};  ///< and by plan; copied
    std::size_t descriptors = 65536;                ///< that may be open at once
    std::size_t buffer = 65536;                     ///< bytes that a socket keeps for whoever reads it
    /// Called when nothing is in flight, nothing due and nobody has woken the ring, instead of waiting for real. It may
    /// wake the ring, or throw. Null: the wait is for another thread's `wake`.
    void (*when_idle)(void* context) = nullptr;
    void* context = nullptr;
};

/// Has its entries answered from memory, under a clock that jumps: when everything waits, it is the earliest deadline.
/// Shape: answers all that `prepare.hpp` and `call.hpp` name, but for watches of files and signals (-ENOSYS), buffers of
/// the ring (-ENOBUFS), linked and fixed entries (-EINVAL). Sockets speak to each other inside of it, every IP address is
/// its own; files lie in memory, under a root with an empty /tmp; permissions forbid nothing.
/// Requests that can complete do so in an order drawn from the seed; a cancelled one that could complete wins or loses
/// by the seed. The same calls with the same seed have the same answers.
/// Threads: as `ring`; only `wake` may come from another thread. With nothing in flight and no deadline a wait really
/// waits for that, unless `when_idle` says otherwise.
/// Lifetime: what is open in it is closed before it ends, or with it.
class simulated_ring final : public ring {
public:
    explicit simulated_ring(const simulation_options& options = {});
    ~simulated_ring() override;

    void submit_and_wait(time_point deadline) override;
    long now(const call& what) override;
    int close(int fd) noexcept override;
    time_point clock() const noexcept override;
    void wake() noexcept override;

    /// Requests that were submitted and have not completed.
    std::size_t in_flight() const noexcept { return requests_.size(); }
    /// Descriptors that are open.
    std::size_t open_descriptors() const noexcept;

private:
    using request = simulated_request;

    void submit();
    void start(const io_uring_sqe& entry);
    long start_timeout(request& r) const;
    std::int32_t cancel(const io_uring_sqe& entry);
    bool try_to_complete(request& r);
    bool something_to_reap() const noexcept { return has_completions() || !overflow_.empty(); }
    void collect(bool at_least_one);
    std::vector<request*> draw_order();
    void post(const request& r, std::int32_t result, std::uint32_t flags);
    void flush_overflow();
    bool jump(time_point deadline);

    const simulation_options options_;
    std::uint64_t now_;
    std::thread::id owner_;
    std::vector<io_uring_sqe> entry_memory_;
    std::vector<io_uring_cqe> completion_memory_;
    word words_[5] = {};
    std::unique_ptr<simulated_random> random_;
    std::unique_ptr<simulated_luck> luck_;
    std::unique_ptr<simulated_kernel> kernel_;
    std::vector<std::unique_ptr<request>> requests_;  // they refer to files, which refer to the kernel
    std::deque<completion> overflow_;
    std::atomic<bool> woken_{false};
};

}  // namespace coil::ring
