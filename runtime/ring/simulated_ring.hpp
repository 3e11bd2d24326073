// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/ring.hpp>
#include <coil/runtime/ring/simulated_files.hpp>

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

namespace coil::ring {

/// Chooses what a simulation does that a kernel might do.
struct simulation_options {
    std::uint64_t seed = 1;               ///< decides every order and every race
    unsigned submission_entries = 256;    ///< rounded up to a power of two
    unsigned completion_entries = 4096;   ///< likewise
    unsigned linger = 0;                  ///< chance in 1000 that what could complete now does so later
    bool refuse_when_overflowed = false;  ///< no entry is taken while completions found no room, as EBUSY did
};

/// Has its entries answered from memory, under a clock that jumps: when everything waits, it is the earliest deadline.
/// Shape: answers nop, timeout, read, write and poll on its own pipes, close and cancel by user_data; -EINVAL else.
/// Requests that can complete do so in an order drawn from the seed; a cancelled one that could complete wins or loses
/// by the seed. The same calls with the same seed have the same answers.
/// Threads: as `ring`; only `wake` may come from another thread. With nothing in flight and no deadline a wait really
/// waits for that.
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

private:
    struct request {
        std::uint8_t opcode;
        std::uint8_t flags;
        std::uint64_t user_data;
        std::uint64_t address;
        std::uint32_t length;
        std::uint32_t poll_events;
        std::optional<std::int32_t> result;  // known already: it only waits for its turn
        time_point due = never;              // of a timeout
        std::shared_ptr<simulated_end> file;
        bool lingers = false;  // it has been put off for this time
        bool done = false;
    };

    void submit();
    void start(const io_uring_sqe& entry);
    void start_timeout(request& r, const io_uring_sqe& entry) const;
    void start_on_file(request& r, int fd) const;
    std::int32_t cancel(const io_uring_sqe& entry);
    bool can_complete(const request& r) const noexcept;
    std::int32_t complete(const request& r);
    unsigned collect(bool at_least_one);
    std::vector<std::size_t> draw_order();
    bool post(const request& r, std::int32_t result);
    void flush_overflow();
    bool jump(time_point deadline);
    std::uint64_t draw(std::uint64_t below) noexcept;

    const simulation_options options_;
    std::uint64_t random_;
    std::uint64_t now_;
    std::thread::id owner_;
    std::vector<io_uring_sqe> entry_memory_;
    std::vector<io_uring_cqe> completion_memory_;
    word words_[5] = {};
    std::vector<request> requests_;
    std::deque<completion> overflow_;
    simulated_files files_;
    std::atomic<bool> woken_{false};
};

}  // namespace coil::ring
