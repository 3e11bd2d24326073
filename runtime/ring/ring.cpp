// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/ring.hpp>

#include <coil/runtime/ring/buffer_pool.hpp>

namespace coil::ring {

ring::~ring() {
    if (buffers_ != nullptr) buffers_->leave();
}

buffer_pool* ring::make_buffers() noexcept {
    try {
        buffers_ = buffer_pool::make(*this);
    } catch (...) {
        // whoever asks next tries again
    }
    return buffers_;
}

bool ring::pick_from(io_uring_buf*, unsigned) noexcept {
    return false;
}

void ring::make_room() {
    for (;;) {
        submit_and_wait(time_point::min());
        if (tail_ != limit_) return;
        // Refused while completions wait to be reaped. The caller is in the middle of something and cannot reap, so
        // they move out of the way; `reap` finds them first.
        spill();
    }
}

void ring::spill() {
    word head = load_relaxed(completion_head_);
    for (; head != load_acquire(completion_tail_); ++head) {
        const io_uring_cqe& from = completions_[head & completion_mask_];
        spilled_.push_back({from.user_data, from.res, from.flags});
        store_release(completion_head_, head + 1);
    }
}

completion ring::next_spilled() noexcept {
    const completion c = spilled_[next_spilled_++];
    if (next_spilled_ == spilled_.size()) {
        spilled_.clear();
        next_spilled_ = 0;
    }
    return c;
}

}  // namespace coil::ring
