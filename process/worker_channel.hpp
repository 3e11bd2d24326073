// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/function.hpp>
#include <coil/process/worker_link.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

// What parent and worker of a pool share: two rings of messages, one each way, with one writer and one reader each; beside
// each ring two places for what is long; and the words by which they see where the other is.
namespace coil::process {

inline constexpr std::size_t ring_bytes = std::size_t{128} << 10;
// A long message goes by two places of this size in turn: each hand-over may cost a switch of processes, so there are few.
inline constexpr std::size_t place_bytes = std::size_t{4} << 20;
inline constexpr std::size_t bulk_bytes = 2 * place_bytes;
inline constexpr std::size_t most_units = 32;  // in a worker's hands at one time; each has a slot

/// Begins every message; its payload follows, and the next one begins at a multiple of 8.
struct message_head {
    enum class kind : std::uint16_t {
        // to the worker
        initialise,  // a function_key
        unit,        // function_key, and for each of `count` calls 4 bytes of length and its arguments
        finish,      // no more will come
        // from the worker
        ready,     // initialised, or not: then an exception is in it
        results,   // of `count` calls, in order: each a result_head and that many bytes
        unit_end,  // the same, and the unit is over: cut short, or skipped, if there are fewer than calls
    };
    std::uint32_t size = 0;  // of this piece, as far as it lies in the ring
    kind what = kind::unit;
    std::uint8_t slot = 0;
    bool goes_on : 1 = false;   // the message is longer than a piece may be: the next message is the rest
    bool in_bulk : 1 = false;   // the piece lies in a place beside the ring, and here is a bulk_note
    std::uint32_t count = 0;
    std::uint32_t descriptors = 0;  // that were sent by the socket before
};

struct bulk_note {
    std::uint64_t size = 0;
    std::uint64_t rest = 0;  // of the message, behind this piece
};

struct result_head {
    std::uint32_t size = 0;
    std::uint32_t failed = 0;  // 1: an exception, 0: a value
};

/// Who has a unit:
///   waiting    the parent has sent it; worker and parent may both claim it
///   begun      the worker is at it
///   skipped    the parent has taken it back: the worker passes it over
///   abandoned  begun, and the parent wants no more of it: the worker ends between two calls
enum class unit_claim : std::uint32_t { waiting, begun, skipped, abandoned };

/// Lies at the beginning of the shared memory, zeroed when it is made.
struct channel_words {
    struct direction {
        // Bytes written and bytes read since the beginning: the writer's (release) and the reader's (release), each
        // pairs with the acquire of the other.
        alignas(64) std::atomic<std::uint64_t> written;
        alignas(64) std::atomic<std::uint64_t> read;
        // Places that were read since the beginning. The reader's (release); pairs with the writer's acquire, which counts
        // those that it has written: two more at most.
        std::atomic<std::uint64_t> places_read;
    };
    struct alignas(64) slot {
        std::atomic<unit_claim> claim;
    };
    direction requests, replies;
    // 1: the worker sleeps on this word, or is about to. It writes 1 and then looks for work; the parent writes work and
    // then exchanges 0 for what there is: by the order of this word one of the two sees the other. 2: the same, but it
    // looks for room; else a parent that has only read need not wake it.
    static constexpr std::uint32_t for_work = 1, for_room = 2;
    alignas(64) std::atomic<std::uint32_t> worker_sleeps;
    // 1: the parent waits for the bell. The same the other way round.
    alignas(64) std::atomic<std::uint32_t> parent_sleeps;
    // What the worker is at, for when it dies: calls begun since its birth; and calls that have a result * 2^32 + bytes of
    // the reply that is not yet published, behind its head; if all of these calls were published, the bytes mean nothing.
    // Written by the worker (release), read when it is dead.
    alignas(64) std::atomic<std::uint64_t> begun;
    std::atomic<std::uint64_t> unpublished;
    std::array<slot, most_units> slots;
};
inline constexpr std::size_t head_bytes = (sizeof(channel_words) + 4095) / 4096 * 4096;

inline channel_words& words_in(const shared_mapping& m) noexcept {
    return *std::launder(reinterpret_cast<channel_words*>(m.head()));
}

/// Writes messages into one direction. What does not fit is for `rest` to write later.
class message_writer {
public:
    message_writer(channel_words::direction& d, std::byte* ring, std::byte* bulk) noexcept
        : words_(&d), ring_(ring), bulk_(bulk) {}

    /// Writes a message as far as there is room; true if that was all of it. Otherwise the payload is copied, or kept.
    bool write(message_head head, std::span<const std::byte> payload);
    bool write(message_head head, std::vector<std::byte>&& payload);
    /// Writes what is left of the last one; true if nothing is.
    bool rest();
    bool has_rest() const noexcept { return at_ < kept_.size() || unbegun_; }
    /// Whether there is room for more of it.
    bool can_go_on() const noexcept;
    std::uint64_t position() const noexcept { return position_; }

    /// For who builds a message in place: room behind a head at the end of what is written.
    std::size_t room() const noexcept;
    std::byte* place() const noexcept { return ring_ + position_ % ring_bytes; }
    void publish(const message_head& head) noexcept;
    bool has_place() const noexcept {
        return places_written_ - words_->places_read.load(std::memory_order_acquire) < bulk_bytes / place_bytes;
    }

    static constexpr std::size_t largest_piece = ring_bytes / 2;

private:
    bool write_pieces(message_head head, std::span<const std::byte> payload, std::size_t& done);
    channel_words::direction* words_;
    std::byte* ring_;
    std::byte* bulk_;
    std::uint64_t position_ = 0;
    std::uint64_t places_written_ = 0;
    message_head head_;
    std::vector<std::byte> kept_;
    std::size_t at_ = 0;
    bool unbegun_ = false;
};

/// Is one whole message. Lifetime: until the next is asked for.
struct message {
    message_head head;
    std::span<const std::byte> payload;
};

/// Reads messages out of one direction.
class message_reader {
public:
    message_reader(channel_words::direction& d, const std::byte* ring, const std::byte* bulk) noexcept
        : words_(&d), ring_(ring), bulk_(bulk) {}

    /// The next whole message; false if there is none yet. What was read last is given back.
    /// Errors: `std::errc::bad_message` for what no writer writes.
    bool next(message& m);
    /// Gives back what was read last.
    void release() noexcept;
    std::uint64_t position() const noexcept { return position_; }
    bool has_more() const noexcept { return words_->written.load(std::memory_order_acquire) != position_; }
    /// What lies behind the last message, though it was not published: for the parent of a worker that has died.
    std::span<const std::byte> unpublished(std::size_t size) const noexcept;

private:
    std::span<const std::byte> in_bulk(std::span<const std::byte> note);
    channel_words::direction* words_;
    const std::byte* ring_;
    const std::byte* bulk_;
    std::uint64_t position_ = 0;  // up to here it was looked at
    std::uint64_t places_ = 0;    // the same
    std::vector<std::byte> pieces_;
    bool in_pieces_ = false;
};

}  // namespace coil::process
