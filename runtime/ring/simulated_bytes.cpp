// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_bytes.hpp>

#include <coil/runtime/ring/simulated_file.hpp>

#include <sys/uio.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace coil::ring {

std::size_t size_of(simulated_parts parts) noexcept {
    std::size_t size = 0;
    for (const iovec& part : parts)
        size += part.iov_len;
    return size;
}

std::string gathered(simulated_parts from, std::size_t most) {
    std::string all;
    for (const iovec& part : from)
        all.append(static_cast<const char*>(part.iov_base), std::min(part.iov_len, most - all.size()));
    return all;
}

std::size_t scatter(const char* from, std::size_t size, simulated_parts to) noexcept {
    std::size_t moved = 0;
    for (const iovec& part : to) {
        const std::size_t n = std::min(part.iov_len, size - moved);
        if (n != 0) std::memcpy(part.iov_base, from + moved, n);
        moved += n;
    }
    return moved;
}

std::size_t simulated_bytes::put(simulated_parts from, std::size_t most) {
    const std::string more = gathered(from, std::min(most, room()));
    bytes_ += more;
    if (!attached_.empty() && attached_.back().at == attached_.back().end)
        attached_.back().end = begun_ + bytes_.size();
    return more.size();
}

void simulated_bytes::attach(simulated_descriptors files) {
    const std::uint64_t at = begun_ + bytes_.size();
    attached_.push_back({at, at, std::move(files)});
}

std::size_t simulated_bytes::take(simulated_parts to, std::size_t most, bool peek, simulated_descriptors* files) {
    const std::uint64_t here = begun_ + taken_;
    std::size_t n = std::min(most, size());
    if (!attached_.empty() && here + n > attached_.front().end) n = attached_.front().end - here;
    n = scatter(bytes_.data() + taken_, n, to);
    if (n == 0) return 0;
    if (!attached_.empty() && here + n > attached_.front().at) {
        if (files != nullptr) *files = attached_.front().files;
        if (!peek) attached_.pop_front();
    }
    if (peek) return n;
    taken_ += n;
    if (taken_ == bytes_.size() || taken_ > capacity_) {
        bytes_.erase(0, taken_);
        begun_ += std::exchange(taken_, 0);
    }
    return n;
}

void simulated_bytes::clear() noexcept {
    begun_ += bytes_.size();
    bytes_.clear();
    taken_ = 0;
    attached_.clear();
}

}  // namespace coil::ring
