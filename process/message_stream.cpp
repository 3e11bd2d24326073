// SPDX-License-Identifier: BSL-1.0
#include <coil/process/message_stream.hpp>

#include <coil/process/burst.hpp>
#include <coil/process/patience.hpp>
#include <coil/runtime/base/contract.hpp>

#include <algorithm>
#include <bit>
#include <cstring>

namespace coil::process {

namespace {

constexpr unsigned unit_bits = 40;
constexpr std::uint64_t unit_mask = (std::uint64_t{1} << unit_bits) - 1;
constexpr std::uint64_t count_mask = (std::uint64_t{1} << 24) - 1;

// One message more, of so many units.
std::uint64_t moved(std::uint64_t position, std::uint64_t units) noexcept {
    const std::uint64_t count = ((position >> unit_bits) + 1) & count_mask;
    return count << unit_bits | ((position + units) & unit_mask);
}
std::uint64_t messages_between(std::uint64_t head, std::uint64_t tail) noexcept {
    return ((tail >> unit_bits) - (head >> unit_bits)) & count_mask;
}
std::uint64_t units_between(std::uint64_t head, std::uint64_t tail) noexcept {
    return (tail - head) & unit_mask;
}
// With the unit in front that holds its size.
std::uint64_t units_of(std::uint64_t size) noexcept {
    return 1 + (size + 7) / 8;
}

}  // namespace

std::uint64_t message_stream::units_for(std::uint64_t most, std::uint64_t size, std::uint64_t bytes, place where) {
    if (most == 0) bad_argument("a queue between processes has room for at least one message", where);
    if (most > most_messages) bad_argument("a queue between processes holds at most 8,388,607 messages", where);
    const std::uint64_t wanted = bytes != 0 ? bytes / 8 + 2 : most * units_of(size);
    if (wanted > unit_mask / 4) bad_argument("a queue between processes has no room for that much", where);
    return std::bit_ceil(std::max<std::uint64_t>(wanted, 8));
}

void message_stream::prepare(std::uint64_t units, std::uint64_t most) noexcept {
    state_->units = units;
    state_->most = static_cast<std::uint32_t>(most);
}

void message_stream::copy_in(std::uint64_t position, std::span<const std::byte> from) const noexcept {
    if (from.empty()) return;
    std::byte* const at = unit(position);
    const auto room = static_cast<std::size_t>((state_->units - (position & (state_->units - 1))) * 8);
    const std::size_t first = std::min(room, from.size());
    std::memcpy(at, from.data(), first);
    if (first != from.size()) std::memcpy(unit(0), from.data() + first, from.size() - first);
}

void message_stream::copy_out(std::uint64_t position, std::span<std::byte> to) const noexcept {
    if (to.empty()) return;
    const std::byte* const at = unit(position);
    const auto room = static_cast<std::size_t>((state_->units - (position & (state_->units - 1))) * 8);
    const std::size_t first = std::min(room, to.size());
    std::memcpy(to.data(), at, first);
    if (first != to.size()) std::memcpy(to.data() + first, unit(0), to.size() - first);
}

bool message_stream::has_room(std::uint64_t tail, std::uint64_t needs) const noexcept {
    const auto enough = [&](std::uint64_t head) {
        return messages_between(head, tail) < state_->most && units_between(head, tail) + needs <= state_->units;
    };
    // an old position is behind the true one: what it has room for there is room for
    if (enough(state_->head_seen.load(std::memory_order_relaxed))) return true;
    // pairs with the readers' store: what lay here has been copied out; seq_cst because of the bell, see there
    const std::uint64_t head = state_->head.load(std::memory_order_seq_cst);
    state_->head_seen.store(head, std::memory_order_relaxed);
    return enough(head);
}

message_stream::answer message_stream::put(std::span<const std::byte> message, before_it before) noexcept {
    const std::uint64_t needs = units_of(message.size());
    if (needs > state_->units) return answer::too_large;
    {
        const segment::hold inside(*segment_, 2 * n_);
        if (closed()) return answer::closed;
        const std::uint64_t tail = state_->tail.load(std::memory_order_relaxed);
        if (!has_room(tail, needs)) return answer::waits;
        if (before.call != nullptr && !before.call(before.context)) return answer::refused;
        const std::uint64_t size = message.size();
        std::memcpy(unit(tail), &size, sizeof size);
        copy_in(tail + 1, message);
        state_->tail.store(moved(tail, needs), std::memory_order_seq_cst);
    }
    filled().ring_one();
    return answer::done;
}

message_stream::answer message_stream::get(const sink& where) {
    {
        const segment::hold inside(*segment_, 2 * n_ + 1);
        const std::uint64_t head = state_->head.load(std::memory_order_relaxed);
        if (messages_between(head, state_->tail_seen.load(std::memory_order_relaxed)) == 0) {
            const bool over = closed();  // before the look at the line: what was put before is still got
            // pairs with the writers' store: what it says is there is there; seq_cst because of the bell, see there
            const std::uint64_t tail = state_->tail.load(std::memory_order_seq_cst);
            state_->tail_seen.store(tail, std::memory_order_relaxed);
            if (messages_between(head, tail) == 0) return over ? answer::closed : answer::waits;
        }
        std::uint64_t size = 0;
        std::memcpy(&size, unit(head), sizeof size);
        size = std::min(size, largest());  // nobody's word is taken for memory that is not there
        copy_out(head + 1, where.to(where.context, static_cast<std::size_t>(size)));
        if (where.got != nullptr) where.got(where.context);
        state_->head.store(moved(head, units_of(size)), std::memory_order_seq_cst);
    }
    // of those that wait for room one may be too large for it, and another not
    drained().ring_all();
    return answer::done;
}

void message_stream::look_for_message(unsigned spins) const noexcept {
    if (spins == 0 || !spin(spins, [this] { return !empty(); }) || state_->most == 1) return;
    burst(state_->fills).wait([this] { return size(); });
}

void message_stream::look_for_room(unsigned spins) const noexcept {
    if (spins == 0 || !spin(spins, [this] { return !full(); }) || state_->most == 1) return;
    burst(state_->drains).wait([this] { return state_->most - size(); });
}

void message_stream::close() noexcept {
    {
        // not between a writer's look and its message
        const segment::hold inside(*segment_, 2 * n_);
        state_->closed.store(1, std::memory_order_seq_cst);
    }
    filled().ring_all();
    drained().ring_all();
}

std::uint64_t message_stream::size() const noexcept {
    const std::uint64_t head = state_->head.load(std::memory_order_acquire);
    const std::uint64_t n = messages_between(head, state_->tail.load(std::memory_order_acquire));
    return n > state_->most ? 0 : n;  // read while a reader overtook
}

}  // namespace coil::process
