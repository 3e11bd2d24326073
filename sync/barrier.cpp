// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/barrier.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>
#include <utility>

namespace coil {

barrier::barrier(coil::count parties, std::function<void()> completion, place where)
    : parties_(parties.value()), completion_(std::move(completion)), line_(lock_, rules, this) {
    if (parties_ == 0) bad_argument("a barrier of no parties", where);
}

// Under the lock: closes the meeting if everybody is here.
bool barrier::is_last() noexcept {
    if (arrived_ < parties_) return false;
    arrived_ = 0;
    end_ = line_.next_ticket();
    return true;
}

// The last one need not wait, and lets the others go in `complete`.
bool barrier::arrive(wait_list& line, waiter& w) noexcept {
    auto& self = line.of<barrier>();
    ++self.arrived_;
    if (!self.is_last()) return false;
    w.wants = 0;
    return true;
}

void barrier::left(wait_list& line, waiter& w, wake_batch&) noexcept {
    auto& self = line.of<barrier>();
    if (wait_list::ticket_of(w) >= self.end_) --self.arrived_;
}

// Called by the last one, under no lock, for the function is the user's.
void barrier::complete() {
    std::exception_ptr error;
    if (completion_) {
        try {
            completion_();
        } catch (...) {
            error = std::current_exception();
        }
    }
    {
        wake_batch wakes;
        const std::scoped_lock held(lock_);
        for (waiter* w = line_.front(); w && wait_list::ticket_of(*w) < end_; w = line_.front()) {
            const auto slot = reinterpret_cast<std::exception_ptr*>(static_cast<std::uintptr_t>(w->wants));
            if (line_.grant(*w, wakes)) *slot = error;
        }
    }
    if (error) std::rethrow_exception(error);
}

void barrier::meeting_wait::await_resume() {
    settle();
    if (wants == 0) barrier_->complete();
    else if (error_) std::rethrow_exception(error_);
}

void barrier::arrive_and_wait_blocking(place where) {
    std::exception_ptr error;
    // not even the last one may block a loop: it would depend on the others who it is
    thread_wait w(reinterpret_cast<std::uintptr_t>(&error));
    thread_wait::check_may_wait(line_, where);
    w.sleep_in(line_, where);
    if (w.wants == 0) complete();
    else if (error) std::rethrow_exception(error);
}

void barrier::arrive_and_drop(place where) {
    bool last = false;
    {
        std::unique_lock held(lock_);
        if (parties_ == 0 || arrived_ == parties_) {
            held.unlock();
            misuse("no party of this barrier is left to drop out", where);
        }
        --parties_;
        last = parties_ != 0 && is_last();
    }
    if (last) complete();
}

std::uint64_t barrier::parties() const noexcept {
    const std::scoped_lock held(lock_);
    return parties_;
}

}  // namespace coil
