// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/time.hpp>

#include <linux/io_uring.h>
#include <pthread.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace coil::ring {

class fallback_work_done;
struct fallback_slot;

// What became of one entry so far, across several attempts.
struct fallback_progress {
    std::size_t done = 0;        // bytes moved
    bool begun = false;          // a connect: asked for
    bool make_blocking = false;  // a connect: O_NONBLOCK was set for its time only
    bool one_page = false;       // a write that a thread does: more could wait in the middle
    bool no_offset = false;      // the file has no positions: it is read in turn
};

// An entry that could not be answered at once.
struct fallback_request : list_hook {
    // Who has it; the owner of the ring alone moves it on.
    //   parked   a descriptor's list
    //   lost     its number was closed under it: only a cancellation ends it
    //   timed    the timers
    //   at_work  the threads, queued or begun
    enum class place : std::uint8_t { none, parked, lost, timed, at_work };

    const io_uring_sqe& entry() const noexcept { return copy[0]; }

    fallback_progress progress;
    place where = place::none;
    bool found_by_number = false;      // lies in the table of user_data
    bool running = false;              // guarded by the threads' lock, as `worker`
    std::atomic<bool> stopped{false};  // a thread that is interrupted shall give up
    fallback_slot* slot = nullptr;
    fallback_request* next = nullptr;  // of the same bucket, or free
    fallback_request* next_done = nullptr;
    time_point due = never;
    nanoseconds patience{0};  // between two interruptions of a thread
    std::size_t heap_index = 0;
    fallback_work_done* home = nullptr;  // where its thread leaves it
    long result = 0;
    pthread_t worker{};
    std::array<io_uring_sqe, 1> copy;  // an array, because its own end is one without a length
};

}  // namespace coil::ring
