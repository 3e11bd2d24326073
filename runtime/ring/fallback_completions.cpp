// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_completions.hpp>

#include <algorithm>
#include <bit>

namespace coil::ring {

fallback_completions::fallback_completions(unsigned entries) : memory(std::bit_ceil(std::max(entries, 1U))) {}

void fallback_completions::put(std::uint64_t user_data, std::int32_t res, std::uint32_t flags) noexcept {
    io_uring_cqe& to = memory[tail & (memory.size() - 1)];
    to.user_data = user_data;
    to.res = res;
    to.flags = flags;
    ++tail;
}

void fallback_completions::post(std::uint64_t user_data, std::int32_t res, std::uint32_t flags) {
    if (user_data == ignored) return;
    if (waiting_.empty() && room()) put(user_data, res, flags);
    else waiting_.push_back({user_data, res, flags});
}

void fallback_completions::flush() noexcept {
    for (; next_ != waiting_.size() && room(); ++next_)
        put(waiting_[next_].user_data, waiting_[next_].res, waiting_[next_].flags);
    if (next_ != waiting_.size()) return;
    waiting_.clear();
    next_ = 0;
}

}  // namespace coil::ring
