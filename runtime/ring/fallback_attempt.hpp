// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_request.hpp>

#include <linux/io_uring.h>

#include <cstdint>

namespace coil::ring {

// What an attempt at an entry came to.
struct fallback_outcome {
    enum class kind : std::uint8_t {
        done,   // `result`
        more,   // `result` is one of several
        wait,   // until one of `events` is there on `fd`
        later,  // nothing will tell when: try again soon
        block,  // only a thread that may wait can tell
    };

    static fallback_outcome done(long result) noexcept { return {.what = kind::done, .result = result}; }
    static fallback_outcome more(long result) noexcept { return {.what = kind::more, .result = result}; }
    static fallback_outcome wait(int fd, std::uint32_t events) noexcept {
        return {.what = kind::wait, .fd = fd, .events = events};
    }
    static fallback_outcome later() noexcept { return {.what = kind::later}; }
    static fallback_outcome block() noexcept { return {.what = kind::block}; }

    kind what;
    long result = 0;
    int fd = -1;
    std::uint32_t events = 0;  // EPOLL_
    bool anew = false;         // they may be there already
};

// What this kernel spares an attempt.
struct fallback_abilities {
    bool try_files = true;           // preadv2 can be asked not to wait
    bool signal_free_writes = true;  // pwritev2 can be asked not to raise SIGPIPE
};

// Tries to answer an entry without waiting.
fallback_outcome attempt(const io_uring_sqe& e, fallback_progress& p, const fallback_abilities& can) noexcept;

// True if `attempt` knows the opcode.
bool can_attempt(std::uint8_t opcode) noexcept;

// What is undone when an entry ends before its time.
void give_up(const io_uring_sqe& e, fallback_progress& p) noexcept;

}  // namespace coil::ring
