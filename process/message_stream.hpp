// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/segment.hpp>
#include <coil/runtime/base/place.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace coil::process {

/// Is a line of messages in shared memory, from any members that write to any that read.
/// A message counts from the one store that moves the end of the line, so a writer that dies before has put nothing, and
/// a reader that dies has taken it or not: nothing is ever half there, and nobody has to mend anything.
class message_stream {
public:
    /// Lies in the payload, in front of the bytes.
    struct state {
        std::uint64_t units;  // of 8 bytes; a power of two
        std::uint32_t most;   // messages
        // Positions: the number of messages so far (24 bits), and of units (40 bits), so that one store moves both. Beside
        // its own position each side keeps the other's as it saw it last: it looks again only when that does not do, and
        // so the sides do not take each other's line of memory away at every message.
        alignas(64) std::atomic<std::uint64_t> tail;  // under the writers' lock; release, and what it says is there
        std::atomic<std::uint64_t> head_seen;         // under the writers' lock
        std::atomic<std::uint32_t> drains;            // of the writers: a `burst`
        alignas(64) std::atomic<std::uint64_t> head;  // under the readers' lock
        std::atomic<std::uint64_t> tail_seen;         // under the readers' lock
        std::atomic<std::uint32_t> fills;             // of the readers: a `burst`
        alignas(64) std::atomic<std::uint32_t> closed;
    };
    static constexpr std::uint64_t most_messages = (1U << 23) - 1;
    /// How many units hold `most` messages of `size` bytes, or what is asked for. Errors: `std::invalid_argument` with
    /// the line of who asks, for no messages, or too many.
    static std::uint64_t units_for(std::uint64_t most, std::uint64_t size, std::uint64_t bytes,
                                   place where = place::current());
    static std::size_t bytes_for(std::uint64_t units) noexcept { return sizeof(state) + units * 8; }

    /// The nth line of a segment: two locks and two bells each.
    message_stream(segment& s, unsigned n) noexcept
        : segment_(&s), n_(n), state_(reinterpret_cast<state*>(s.payload() + offset(s, n))) {}
    void prepare(std::uint64_t units, std::uint64_t most) noexcept;

    enum class answer : std::uint8_t { done, waits, closed, too_large, refused };
    /// What is done once there is room, before the message counts; false: `refused`, and nothing is put.
    struct before_it {
        bool (*call)(void* context) noexcept = nullptr;
        void* context = nullptr;
    };
    answer put(std::span<const std::byte> message, before_it before) noexcept;
    answer put(std::span<const std::byte> message) noexcept { return put(message, before_it()); }
    /// Where a message goes: `to(context, size)` says. Errors: what that throws; the message stays then.
    struct sink {
        std::span<std::byte> (*to)(void* context, std::size_t size);
        void* context;
        /// Called when it is there, before anybody else can get the next.
        void (*got)(void* context) noexcept = nullptr;
    };
    answer get(const sink& where);

    void close() noexcept;
    bool closed() const noexcept { return state_->closed.load(std::memory_order_seq_cst) != 0; }
    std::uint64_t size() const noexcept;
    bool empty() const noexcept { return size() == 0; }
    bool full() const noexcept { return size() >= state_->most; }
    std::uint64_t most() const noexcept { return state_->most; }
    /// The largest message that it can hold.
    std::uint64_t largest() const noexcept { return (state_->units - 1) * 8; }

    /// Looks for a message, or for room, that often; and then waits for some more if that has paid lately.
    void look_for_message(unsigned spins) const noexcept;
    void look_for_room(unsigned spins) const noexcept;

    bell filled() const noexcept { return segment_->signal(2 * n_); }
    bell drained() const noexcept { return segment_->signal(2 * n_ + 1); }
    segment& shared() const noexcept { return *segment_; }

private:
    static std::size_t offset(segment& s, unsigned n) noexcept { return n == 0 ? 0 : s.payload_size() / 2; }
    std::byte* unit(std::uint64_t position) const noexcept {
        return reinterpret_cast<std::byte*>(state_ + 1) + (position & (state_->units - 1)) * 8;
    }
    bool has_room(std::uint64_t tail, std::uint64_t needs) const noexcept;
    void copy_in(std::uint64_t position, std::span<const std::byte> from) const noexcept;
    void copy_out(std::uint64_t position, std::span<std::byte> to) const noexcept;

    segment* segment_;
    unsigned n_;
    state* state_;
};

}  // namespace coil::process
