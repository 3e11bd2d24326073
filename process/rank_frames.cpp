// SPDX-License-Identifier: BSL-1.0
#include <coil/process/rank_frames.hpp>

#include <coil/runtime/base/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace coil::process {

namespace {
constexpr std::size_t largest_frame = std::size_t{4} << 20;  // each says that its sender lives
constexpr nanoseconds time_to_look{50'000};
constexpr nanoseconds shortest_nap{20'000};
constexpr nanoseconds longest_nap_at_work{1'000'000};
constexpr nanoseconds longest_nap{10'000'000};
}  // namespace

void rank_frame_writer::send(unsigned peer, rank_frame_head head, std::span<const std::byte> payload) {
    do {
        const auto part = payload.first(std::min(payload.size(), largest_frame));
        payload = payload.subspan(part.size());
        head.goes_on = payload.empty() ? 0 : 1;
        std::vector<std::byte> piece(sizeof(head) + part.size());
        std::memcpy(piece.data(), &head, sizeof(head));
        std::copy(part.begin(), part.end(), piece.begin() + sizeof(head));
        wire_->send(peer, std::move(piece));
    } while (!payload.empty());
}

bool rank_frame_reader::take(unsigned peer, std::span<const std::byte> piece, rank_frame& whole) {
    if (piece.size() < sizeof(rank_frame_head)) throw_errno(EBADMSG, "read", "what a rank says");
    std::memcpy(&whole.head, piece.data(), sizeof(rank_frame_head));
    piece = piece.subspan(sizeof(rank_frame_head));
    const auto key = std::pair(peer, whole.head.channel);
    const auto begun = begun_.find(key);
    if (begun == begun_.end() && whole.head.goes_on == 0) {
        whole.payload.assign(piece.begin(), piece.end());
        return true;
    }
    auto& all = begun_[key];
    all.insert(all.end(), piece.begin(), piece.end());
    if (whole.head.goes_on != 0) return false;
    whole.payload = std::move(all);
    begun_.erase(key);
    return true;
}

nanoseconds patience_of_rank::next(bool moved, time_point now, bool expects, bool carries) noexcept {
    if (moved || since_ == time_point()) since_ = now;
    const nanoseconds idle = now - since_;
    if (expects && idle < time_to_look) return nanoseconds(0);
    if (carries) return shortest_nap;
    return std::clamp(idle / 8, shortest_nap, expects ? longest_nap_at_work : longest_nap);
}

nanoseconds longest_silence(bool same_machine) noexcept {
    static const long wanted = [] {
        const char* const text = std::getenv("COIL_MPI_SILENCE");
        return text ? std::strtol(text, nullptr, 10) : 0L;
    }();
    if (wanted > 0) return std::chrono::seconds(wanted);
    return same_machine ? nanoseconds::max() : nanoseconds(std::chrono::seconds(30));
}

}  // namespace coil::process
