// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/wire.hpp>
#include <coil/process/worker_channel.hpp>
#include <coil/runtime/base/time.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

// What the process with the pools and a rank say to each other. A rank makes no calls: it has workers on its machine, as
// any program has, and carries what they and the pools write into their rings.
namespace coil::process {

enum class rank_frame_kind : std::uint32_t {
    // to a rank
    open,     // a worker; the payload is its name
    request,  // a message for a worker
    abandon,  // `number` is the slot of a unit that nobody wants any more
    signal,   // for a worker
    room,     // as many bytes of replies have been taken
    end,      // of the job; `number` is 1 if all are there to end together
    // from a rank
    hello,    // hello_note, and two texts
    started,  // `number` is the worker's process
    reply,    // a message of a worker
    gone,     // gone_note
    // both ways
    beat,  // nothing to say
};

struct rank_frame_head {
    rank_frame_kind kind = rank_frame_kind::beat;
    std::uint32_t channel = 0;
    std::int64_t number = 0;
    message_head message = {};
    std::uint64_t goes_on = 0;  // the next frame of this channel is the rest
};

struct hello_note {
    std::uint64_t fingerprint = 0;
    std::int64_t pid = 0;
    std::uint64_t host_size = 0;  // the other text is the numbers' name
};
struct gone_note {
    std::int64_t error = 0;
    std::int64_t how = 0;
    std::int64_t number = 0;
    std::uint64_t begun = 0;
};

struct rank_frame {
    rank_frame_head head;
    std::vector<std::byte> payload;
};

/// Writes frames, in pieces if they are long.
class rank_frame_writer {
public:
    explicit rank_frame_writer(wire& w) noexcept : wire_(&w) {}
    void send(unsigned peer, rank_frame_head head, std::span<const std::byte> payload);
    void send(unsigned peer, const rank_frame_head& head) { send(peer, head, {}); }

private:
    wire* wire_;
};

/// Puts frames together again.
class rank_frame_reader {
public:
    /// True if that was all of a frame. Errors: `std::errc::bad_message`.
    bool take(unsigned peer, std::span<const std::byte> piece, rank_frame& whole);

private:
    std::map<std::pair<unsigned, std::uint32_t>, std::vector<std::byte>> begun_;
};

/// Says how long to nap: not at all at first, then an eighth of the time for which nothing has happened; little while the
/// wire carries something long.
class patience_of_rank {
public:
    nanoseconds next(bool moved, time_point now, bool expects, bool carries) noexcept;

private:
    time_point since_{};
};

/// Every so often everybody says something.
inline constexpr nanoseconds time_between_beats{500'000'000};
/// How long nothing may be heard of a process on another machine; and of any, if COIL_MPI_SILENCE gives seconds.
nanoseconds longest_silence(bool same_machine) noexcept;

}  // namespace coil::process
