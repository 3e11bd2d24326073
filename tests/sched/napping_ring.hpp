// SPDX-License-Identifier: BSL-1.0
// A side that completes each entry at once, counts its wakings, and lets a test say what happens while the loop sleeps.
#pragma once
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <atomic>
#include <cerrno>
#include <functional>
#include <stdexcept>
#include <utility>
#include <vector>

namespace sched_test {

class napping_ring final : public coil::ring::ring {
public:
    napping_ring() : entry_memory_(size), completion_memory_(size) {
        entries_ = entry_memory_.data();
        completions_ = completion_memory_.data();
        entry_mask_ = completion_mask_ = size - 1;
        entry_head_ = &words_[0];
        entry_tail_ = &words_[1];
        state_ = &words_[2];
        completion_head_ = &words_[3];
        completion_tail_ = &words_[4];
        virtual_now_ = &now_;
        renew_limit();
    }

    // Called in each sleep, as a worker's thread would run beside it. If it wakes nobody, the deadline does.
    std::function<void()> asleep;
    std::vector<coil::time_point> deadlines;  // of the sleeps
    std::atomic<int> wakings{0};
    void set_timer_slack(coil::nanoseconds d) noexcept { timer_slack_ = d; }
    bool woken() const noexcept { return woken_; }
    // As if threads could send it messages: nothing but operations lies in it then.
    void send_messages() { features_.add(coil::ring::feature::send_message); }

    void submit_and_wait(coil::time_point deadline) override {
        publish();
        for (; *entry_head_ != *entry_tail_; ++*entry_head_) {
            io_uring_cqe& c = completions_[(*completion_tail_)++ & completion_mask_];
            c.user_data = entries_[*entry_head_ & entry_mask_].user_data;
            c.res = 0;
            c.flags = 0;
        }
        renew_limit();
        if (deadline == coil::time_point::min() || has_completions()) return;
        deadlines.push_back(deadline);
        coil::ring::io_home* const mine = std::exchange(coil::ring::this_io_home, nullptr);
        asleep();
        coil::ring::this_io_home = mine;
        if (woken_.exchange(false)) return;
        if (deadline == coil::never) throw std::logic_error("the loop sleeps for ever");
        now_ = static_cast<std::uint64_t>(deadline.time_since_epoch().count());
    }
    long now(const coil::ring::call&) override { return -EAGAIN; }
    int close(int) noexcept override { return 0; }
    coil::time_point clock() const noexcept override { return time(stamp()); }
    void wake() noexcept override {
        ++wakings;
        woken_ = true;
    }

private:
    static constexpr word size = 64;
    std::vector<io_uring_sqe> entry_memory_;
    std::vector<io_uring_cqe> completion_memory_;
    word words_[5] = {};
    std::uint64_t now_ = 1;
    std::atomic<bool> woken_{false};
};

}  // namespace sched_test
