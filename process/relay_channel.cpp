// SPDX-License-Identifier: BSL-1.0
#include <coil/process/relay_channel.hpp>

#include <coil/process/keeper.hpp>
#include <coil/process/rank_relay.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/runtime/base/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <stdexcept>

namespace coil::process {

namespace {
// A worker that ends a unit in less gets more of them ahead.
constexpr nanoseconds quickly{2'000'000};
constexpr std::size_t widest_window = 8;
// How long the last words of a worker that its pool has killed wait for somebody to read them.
constexpr nanoseconds last_words{2'000'000'000};
}  // namespace

relay_channel::relay_channel(rank_relay& r, std::uint32_t number, unsigned peer, worker_request&& request)
    : relay_(r),
      number_(number),
      peer_(peer),
      request_(std::move(request)),
      words_(words_in(*request_.memory)),
      requests_(words_.requests, request_.memory->ring(0), request_.memory->bulk(0)),
      replies_(words_.replies, request_.memory->ring(1), request_.memory->bulk(1)) {}

bool relay_channel::send(int signal) noexcept {
    if (signal == SIGKILL) is_killed_.store(true, std::memory_order_relaxed);
    try {
        relay_.post([self = shared_from_this(), signal] {
            if (!self->is_over_) self->relay_.signal(*self, signal);
        });
        return true;
    } catch (...) {
        return false;
    }
}

void relay_channel::wake() noexcept { relay_.wake(); }

bool relay_channel::pass(std::span<const int>) {
    throw std::invalid_argument("an argument that holds descriptors, or what processes share, stays on its machine");
}

std::vector<ring::descriptor> relay_channel::receive(std::size_t) {
    throw_errno(EBADMSG, "read", "what a rank says");
}

std::string relay_channel::fate(const child_end& end) const {
    std::string loss;
    {
        const std::scoped_lock guard(lock_);
        loss = loss_;
    }
    const std::string number = "(pid " + std::to_string(pid());
    return loss.empty() ? number + ", " + relay_.name_of(peer_) + ") " + text_of(end) : number + ") is lost: " + loss;
}

void relay_channel::replied(rank_frame& f, time_point now) {
    const message_head& head = f.head.message;
    if (head.what != message_head::kind::ready) {
        answer_skipped();  // it is of the first that was sent
        if (sent_.empty()) return;  // nothing was asked, so the pool would refuse it
        unit& u = sent_.front();
        completed_ += head.count;
        u.left -= std::min(u.left, head.count);
        if (head.what == message_head::kind::unit_end) {
            window_ = now - u.since < quickly ? std::min(window_ + 1, widest_window) : 1;
            sent_.pop_front();
            --in_flight_;
        }
    }
    backlog_.emplace_back(head, std::move(f.payload));
}

void relay_channel::gone(const gone_note& note) noexcept {
    if (has_gone_) return;
    has_gone_ = true;
    end_ = note;
}

void relay_channel::lost(const std::string& why) {
    if (has_gone_) return;
    {
        const std::scoped_lock guard(lock_);
        loss_ = why;
    }
    std::uint64_t begun = completed_;
    for (const unit& u : sent_) begun += u.left;
    gone({.how = static_cast<std::int64_t>(child_end::kind::unknown), .begun = begun});
}

void relay_channel::tell_pool() noexcept {
    if (words_.parent_sleeps.exchange(0, std::memory_order_acq_rel) != 0) ring_bell(request_.bell);
}

bool relay_channel::anything() const noexcept {
    return (has_room() && !has_gone_ && requests_.has_more()) || replies_.can_go_on();
}

bool relay_channel::deliver() {
    bool moved = false;
    if (replies_.can_go_on()) {
        replies_.rest();
        moved = true;
    }
    while (!replies_.has_rest() && !backlog_.empty()) {
        auto& [head, payload] = backlog_.front();
        const auto size = static_cast<std::int64_t>(payload.size());
        replies_.write(head, std::move(payload));
        backlog_.pop_front();
        if (size > 0 && !has_gone_) relay_.room(*this, size);
        moved = true;
    }
    return moved;
}

// The ends of units go to the pool in their order, so one that was taken back waits for those before it.
bool relay_channel::answer_skipped() {
    bool moved = false;
    while (!sent_.empty() && sent_.front().is_skipped) {
        backlog_.emplace_back(message_head{.what = message_head::kind::unit_end, .slot = sent_.front().slot},
                              std::vector<std::byte>());
        sent_.pop_front();
        moved = true;
    }
    return moved;
}

bool relay_channel::forward(time_point now) {
    bool moved = false;
    // One that takes its time has nobody ahead.
    if (!sent_.empty() && now - sent_.front().since > quickly) window_ = 1;
    message m;
    const std::uint64_t before = requests_.position();  // the rest of a long message waits for the room of its beginning
    while (has_room() && sent_.size() < most_units && requests_.next(m)) {
        if (m.head.what == message_head::kind::unit) {
            auto expected = unit_claim::waiting;
            const bool ours = words_.slots[m.head.slot % most_units].claim.compare_exchange_strong(
                expected, unit_claim::begun, std::memory_order_acq_rel);
            sent_.push_back({m.head.slot, !ours, false, ours ? m.head.count : 0, now});
            if (!ours) continue;
            ++in_flight_;
        }
        relay_.request(*this, m);
    }
    if (requests_.position() != before) {
        requests_.release();
        moved = true;
    }
    for (unit& u : sent_) {
        if (u.is_skipped || u.is_told ||
            words_.slots[u.slot % most_units].claim.load(std::memory_order_relaxed) != unit_claim::abandoned)
            continue;
        u.is_told = true;
        relay_.abandon(*this, u.slot);
    }
    return moved;
}

bool relay_channel::go_on(time_point now) {
    words_.worker_sleeps.store(0, std::memory_order_relaxed);
    bool moved = !has_gone_ && forward(now);
    moved |= answer_skipped();
    moved |= deliver();
    if (moved) tell_pool();
    if (!has_gone_) return moved;
    if (gone_since_ == time_point()) gone_since_ = now;
    const bool is_read = backlog_.empty() && !replies_.has_rest();
    const bool waits = is_killed_.load(std::memory_order_relaxed) ? now - gone_since_ < last_words : true;
    if (!is_read && waits) return moved;
    words_.begun.store(end_.begun, std::memory_order_release);
    is_over_ = true;
    child_end end;
    end.how = static_cast<child_end::kind>(end_.how);
    end.number = static_cast<int>(end_.number);
    const auto say = std::move(request_.gone);
    request_.gone = nullptr;  // it holds what holds this
    say(static_cast<int>(end_.error), end);
    return true;
}

}  // namespace coil::process
