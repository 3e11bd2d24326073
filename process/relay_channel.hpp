// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/rank_frames.hpp>
#include <coil/process/worker_source.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace coil::process {

class rank_relay;

/// Is the worker's side of a pool's rings, for a worker that is elsewhere. The relay's thread alone uses it, but for what
/// a pool asks of a `hired_worker`.
/// A unit counts as begun from the moment on at which it is sent, since nobody can take it back from another machine: so
/// one is sent at a time, and some more ahead only to a worker that ends them quickly.
class relay_channel final : public hired_worker, public std::enable_shared_from_this<relay_channel> {
public:
    relay_channel(rank_relay& r, std::uint32_t number, unsigned peer, worker_request&& request);

    // Of the pool.
    bool send(int signal) noexcept override;
    int pid() const noexcept override { return pid_.load(std::memory_order_relaxed); }
    void wake() noexcept override;
    bool pass(std::span<const int> numbers) override;
    std::vector<ring::descriptor> receive(std::size_t count) override;
    std::string fate(const child_end& end) const override;

    // Of the relay's thread.
    std::uint32_t number() const noexcept { return number_; }
    unsigned peer() const noexcept { return peer_; }
    const std::string& name() const noexcept { return request_.name; }
    void started(int pid) noexcept { pid_.store(pid, std::memory_order_relaxed); }
    void replied(rank_frame& f, time_point now);
    void gone(const gone_note& note) noexcept;
    /// The rank is lost: everything that was sent and is not answered counts as begun.
    void lost(const std::string& why);
    /// There is no relay any more: nobody is told anything.
    void drop() noexcept { request_.gone = nullptr; }
    /// True if something moved.
    bool go_on(time_point now);
    bool anything() const noexcept;
    bool at_work() const noexcept { return !sent_.empty(); }
    bool is_over() const noexcept { return is_over_; }
    /// It is about to nap: says so to the pool, which wakes who waits for room when it has read.
    void sleeps() noexcept {
        words_.worker_sleeps.exchange(replies_.has_rest() ? channel_words::for_room : channel_words::for_work,
                                      std::memory_order_acq_rel);
    }

private:
    struct unit {
        std::uint8_t slot;
        bool is_skipped;  // the pool took it back before it was sent
        bool is_told;     // that nobody wants it
        std::uint32_t left;
        time_point since;
    };
    bool forward(time_point now);
    bool answer_skipped();
    bool deliver();
    void tell_pool() noexcept;
    bool has_room() const noexcept { return in_flight_ < window_; }

    rank_relay& relay_;
    const std::uint32_t number_;
    const unsigned peer_;
    worker_request request_;
    channel_words& words_;
    message_reader requests_;
    message_writer replies_;
    std::deque<unit> sent_;
    std::size_t in_flight_ = 0;
    std::size_t window_ = 1;
    std::deque<std::pair<message_head, std::vector<std::byte>>> backlog_;
    std::uint32_t completed_ = 0;
    bool has_gone_ = false;
    bool is_over_ = false;
    gone_note end_;
    time_point gone_since_{};
    std::atomic<int> pid_{-1};
    std::atomic<bool> is_killed_{false};  // by its pool's wish
    mutable std::mutex lock_;
    std::string loss_;  // guarded by lock_
};

}  // namespace coil::process
