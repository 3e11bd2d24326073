// SPDX-License-Identifier: BSL-1.0
// A round of the leader: what the workers have written is read, stops are enforced, the dead are replaced, work goes out.
#include <coil/process/pool_core.hpp>
#include <coil/process/remote_error.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <mutex>
#include <system_error>
#include <utility>

namespace coil::process {

namespace {
constexpr std::size_t largest_unit = std::size_t{32} << 10;  // bytes of arguments after which no call is added
constexpr std::size_t largest_guess = 256;                   // calls
}  // namespace

bool pool_core::step() {
    bool moved = false;
    for (std::size_t i = 0; i < seats_.size(); ++i) moved |= drain(*seats_[i]);
    moved |= replace_dead();
    if (stops_.load(std::memory_order_relaxed) != 0) moved |= enforce_stops();
    else next_kill_ = never;
    bool broken = false;
    {
        const std::scoped_lock guard(lock_);
        broken = broken_ != nullptr;
    }
    if (broken) {
        fail_everything();
        return true;
    }
    return hand_out() || moved;
}

bool pool_core::drain(seat& s) {
    std::size_t before = s.units.size();
    const std::uint64_t position = s.replies.position();
    try {
        message m;
        while (s.replies.next(m)) take(s, m);
    } catch (const std::exception& e) {
        if (!s.killed) {
            log("worker " + s.name + ": " + e.what() + ": it is ended");
            s.killed = true;
            s.worker->send(SIGKILL);
        }
        return s.replies.position() != position;
    }
    if (s.replies.position() == position) return false;
    // there is room for what it has to say; acq_rel, though nothing is changed: see there
    if (s.words.worker_sleeps.fetch_or(0, std::memory_order_acq_rel) == channel_words::for_room) wake(s);
    // Whoever ends several units between two looks gets more of them at a time, and who takes its time gets one ahead.
    before -= s.units.size();
    if (2 * before >= s.depth) s.depth = std::min(2 * s.depth, most_units);
    else if (before <= 1) s.depth = std::max<std::size_t>(s.depth / 2, 2);
    return true;
}

void pool_core::take(seat& s, const message& m) {
    if (m.head.what == message_head::kind::ready) {
        s.ready = true;
        failed_starts_ = 0;
        if (m.head.count != 0) {
            decoder from(m.payload);
            break_down(decode_exception(from));
        }
        return;
    }
    if ((m.head.what != message_head::kind::results && m.head.what != message_head::kind::unit_end) || s.units.empty())
        throw_errno(EBADMSG, "read", "what a worker says");
    unit& u = s.units.front();
    if (u.slot != m.head.slot || m.head.count > u.count - u.done) throw_errno(EBADMSG, "read", "what a worker says");
    std::vector<ring::descriptor> passed;
    if (m.head.descriptors > 0) passed = s.worker->receive(m.head.descriptors);
    std::size_t calls = take_results(s, u, m.payload, m.head.count, std::move(passed));
    batch* const owner = u.owner;
    if (m.head.what == message_head::kind::unit_end) {
        if (owner && u.done < u.count) calls += u.count - u.done;  // cut short, because the owner wanted no more
        s.units.pop_front();
    }
    if (owner && calls > 0) settle(*owner, calls);
}

std::size_t pool_core::take_results(seat& s, unit& u, std::span<const std::byte> payload, std::uint32_t count,
                                    std::vector<ring::descriptor> passed) {
    decoder from(payload);
    for (std::uint32_t i = 0; i < count; ++i) {
        const auto head = from.value<result_head>();
        decoder one(from.view(head.size), std::move(passed));
        const std::size_t index = u.first + u.done;
        ++u.done;
        ++s.completed;
        if (!u.owner) continue;
        try {
            if (head.failed != 0) fail_call(*u.owner, index, decode_exception(one));
            else u.owner->accept(index, one);
        } catch (...) {
            fail_call(*u.owner, index, std::current_exception());
        }
    }
    return count;
}

void pool_core::fail_call(batch& b, std::size_t index, std::exception_ptr e) noexcept {
    if (b.fail(index, std::move(e))) retract(b, false);
}

// Units that nobody has begun are taken back; a worker that has begun one is told to end it after the present call, and
// ended itself if it is at that too long.
bool pool_core::enforce_stops() {
    bool moved = false;
    next_kill_ = never;
    const time_point now = this_thread.here->now();
    for (const auto& s : seats_) {
        for (unit& u : s->units) {
            if (!u.owner) continue;
            batch::stop how;
            time_point kill_at;
            {
                const std::scoped_lock guard(lock_);
                how = u.owner->stop_;
                kill_at = u.owner->kill_at_;
            }
            if (how == batch::stop::none) continue;
            auto& claim = s->words.slots[u.slot].claim;
            if (!u.told) {
                u.told = true;
                auto expected = unit_claim::waiting;
                if (claim.compare_exchange_strong(expected, unit_claim::skipped, std::memory_order_acq_rel)) {
                    settle(*std::exchange(u.owner, nullptr), u.count);
                    moved = true;
                    continue;
                }
                claim.store(unit_claim::abandoned, std::memory_order_relaxed);
            }
            if (how != batch::stop::hard || s->killed) continue;
            if (kill_at <= now) {
                s->killed = true;
                s->worker->send(SIGKILL);
            } else {
                next_kill_ = std::min(next_kill_, kill_at);
            }
        }
    }
    return moved;
}

bool pool_core::hand_out() {
    bool any = false;
    bool work = true;
    for (const auto& s : seats_) {
        if (s->requests.can_go_on()) {
            s->requests.rest();
            any = s->given = true;
        }
        finish(*s);
    }
    // Who has least gets first.
    std::size_t deepest = 0;
    for (const auto& s : seats_) deepest = std::max(deepest, s->depth);
    for (std::size_t level = 0; work && level < deepest; ++level)
        for (const auto& s : seats_) {
            if (s->units.size() != level || level >= s->depth || !s->takes_work() || s->requests.has_rest()) continue;
            if (!give(*s)) {
                work = false;
                break;
            }
            any = s->given = true;
        }
    if (!work && reclaim()) any = true;
    for (const auto& s : seats_)
        if (std::exchange(s->given, false)) wake(*s);
    return any;
}

bool pool_core::cut(const seat& s, unit& u) {
    const std::scoped_lock guard(lock_);
    if (broken_) return false;
    batch* b = waiting_.front();
    while (b && !b->takes_more()) b = waiting_.after(*b);
    if (!b) return false;
    const std::size_t left = b->size_ - b->next_;
    std::size_t most = b->chunk_ != 0 ? b->chunk_ : std::clamp<std::size_t>(left / (4 * size_), 1, largest_guess);
    if (most_calls_ != 0) most = std::min<std::size_t>(most, most_calls_ - s.sent);
    u.owner = b;
    if (!b->again_.empty()) {
        auto& r = b->again_.back();
        u.first = r.first;
        u.count = static_cast<std::uint32_t>(std::min(most, r.count));
        r.first += u.count;
        r.count -= u.count;
        if (r.count == 0) b->again_.pop_back();
    } else {
        u.first = b->next_;
        u.count = static_cast<std::uint32_t>(std::min(most, left));
        b->next_ += u.count;
    }
    b->in_hands_ += u.count;
    intrusive_list<batch>::remove(*b);
    if (b->next_ != b->size_ || !b->again_.empty()) waiting_.push_back(*b);  // in turn with others
    return true;
}

void pool_core::put_back(batch& b, std::size_t first, std::size_t count) {
    if (count == 0) return;
    {
        const std::scoped_lock guard(lock_);
        if (b.stop_ == batch::stop::none) {
            b.again_.push_back({first, count});
            b.in_hands_ -= count;
            if (!b.linked()) waiting_.push_back(b);
            return;
        }
    }
    settle(b, count);
}

bool pool_core::give(seat& s) {
    unit u{};
    for (;;) {
        if (!cut(s, u)) return false;
        batch& b = *u.owner;
        unit_message_.clear();
        unit_message_.value(b.function_->key());
        std::uint32_t added = 0;
        std::vector<ring::descriptor> passed;
        std::exception_ptr error;
        while (added < u.count && unit_message_.message().size() < largest_unit && passed.empty()) {
            const std::size_t before = unit_message_.message().size();
            unit_message_.value(std::uint32_t{0});
            try {
                b.arguments(u.first + added, unit_message_);
            } catch (...) {
                error = std::current_exception();
            }
            passed = unit_message_.take_descriptors();
            if (error || (added > 0 && !passed.empty())) {  // descriptors travel beside the ring, with one call
                passed.clear();
                unit_message_.shorten(before);
                break;
            }
            unit_message_.overwrite(before, static_cast<std::uint32_t>(unit_message_.message().size() - before -
                                                                       sizeof(std::uint32_t)));
            ++added;
        }
        if (added == 0) {
            put_back(b, u.first + 1, u.count - 1);
            fail_call(b, u.first, error);
            settle(b, 1);
            continue;
        }
        put_back(b, u.first + added, u.count - added);
        u.count = added;
        std::vector<int> numbers;
        for (const auto& d : passed) numbers.push_back(d.number());
        bool sent = true;
        std::exception_ptr refusal;
        try {
            if (!numbers.empty()) sent = s.worker->pass(numbers);
        } catch (const std::system_error&) {
            sent = false;  // it has died: somebody else will make the call
        } catch (...) {
            refusal = std::current_exception();
        }
        if (refusal) {  // no worker of this pool can have them; they are of one call
            fail_call(b, u.first, refusal);
            settle(b, u.count);
            continue;
        }
        if (!sent) {
            put_back(b, u.first, u.count);
            return false;
        }
        u.slot = s.next_slot;
        s.next_slot = static_cast<std::uint8_t>((s.next_slot + 1) % most_units);
        s.words.slots[u.slot].claim.store(unit_claim::waiting, std::memory_order_relaxed);
        s.units.push_back(u);
        s.sent += u.count;
        const message_head head{.what = message_head::kind::unit,
                                .slot = u.slot,
                                .count = u.count,
                                .descriptors = static_cast<std::uint32_t>(numbers.size())};
        if (unit_message_.message().size() > message_writer::largest_piece)
            s.requests.write(head, unit_message_.take_message());
        else s.requests.write(head, unit_message_.message());
        if (most_calls_ != 0 && s.sent >= most_calls_) {
            s.retiring = true;
            finish(s);
        }
        return true;
    }
}

// A worker with nothing to do gets what another has not begun.
bool pool_core::reclaim() {
    bool any = false;
    for (const auto& idle : seats_) {
        if (!idle->units.empty() || !idle->takes_work() || idle->requests.has_rest()) continue;
        seat* fullest = nullptr;
        for (const auto& s : seats_)
            if (s->units.size() > 1 && (!fullest || s->units.size() > fullest->units.size())) fullest = s.get();
        if (!fullest) return any;
        unit& u = fullest->units.back();
        if (!u.owner || u.told) return any;
        auto expected = unit_claim::waiting;
        if (!fullest->words.slots[u.slot].claim.compare_exchange_strong(expected, unit_claim::skipped,
                                                                        std::memory_order_acq_rel))
            return any;
        put_back(*std::exchange(u.owner, nullptr), u.first, u.count);
        if (!give(*idle)) return any;
        any = idle->given = true;
    }
    return any;
}

void pool_core::finish(seat& s) {
    if (!s.retiring || s.told_to_finish || s.requests.has_rest()) return;
    s.told_to_finish = true;
    s.requests.write({.what = message_head::kind::finish}, std::span<const std::byte>());
    wake(s);
}

void pool_core::wake(seat& s) noexcept {
    if (s.words.worker_sleeps.exchange(0, std::memory_order_acq_rel) != 0) s.worker->wake();
}

}  // namespace coil::process
