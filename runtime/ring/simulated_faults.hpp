// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/time.hpp>

#include <chrono>
#include <cstdint>

namespace coil::sim {

/// What a simulated machine does to a program, at random: chances from 0 (never) to 1 (always), drawn for each operation
/// from the seed. None is
/// a lie: bytes arrive once and in order, the end of a stream is its end, what has failed has not happened.
/// Shape: numbers, in this order; a machine without faults has zeroes. Errors: `std::invalid_argument` from the run for a
/// chance that is none.
struct faults {
    double short_reads = 0;       ///< a read moves less than there is (at least a byte)
    double short_writes = 0;      ///< a write moves less than there is room for (at least a byte)
    double interrupted = 0;       ///< EINTR, and nothing was moved
    double nothing_yet = 0;       ///< a try without waiting finds nothing although there is something
    double reset = 0;             ///< the connection that is read or written breaks: ECONNRESET, at both ends
    double no_buffers = 0;        ///< ENOBUFS from a send, an accept or a new socket
    double no_descriptors = 0;    ///< EMFILE from whatever opens something
    double disk_full = 0;         ///< ENOSPC from a write to a file, and from making one
    double disk_broken = 0;       ///< EIO from a read, write or sync of a file
    double lost_datagrams = 0;    ///< a UDP datagram goes nowhere
    double delays = 0;            ///< an operation takes a while of virtual time, 1 us to `longest_delay`
    double late_cancels = 0.5;    ///< a cancel comes too late for what could complete at that moment
    double full_completions = 0;  ///< a completion finds no room in its queue and comes with a later look
    any_duration longest_delay = std::chrono::milliseconds(10);
};

/// What an operation is to a plan of faults. A `read` or `write` is one of a file or pipe, also in parts.
enum class kind : std::uint8_t { socket, connect, accept, receive, send, open, read, write, sync, close, other };

/// Is one line of a plan: the n-th operation of a kind, counted from 1 over the whole simulation, fails.
/// Shape: `error` is an errno. It is answered at once, without waiting for anything, and nothing has happened but what the
/// error says (ECONNRESET breaks the connection).
struct planned_fault {
    kind what = kind::other;
    std::uint64_t nth = 1;
    int error = 0;
};

}  // namespace coil::sim
