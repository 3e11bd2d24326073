// SPDX-License-Identifier: BSL-1.0
// A ring by liburing alone, set up as the floors want it.
#pragma once

#include <liburing.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace floor_of {

class raw_ring {
public:
    enum class kind {
        plain,     ///< no flags
        deferred,  ///< SINGLE_ISSUER, DEFER_TASKRUN, the ring's descriptor registered
    };

    explicit raw_ring(unsigned entries, kind k = kind::deferred) {
        const unsigned flags = k == kind::deferred ? IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN : 0U;
        check(io_uring_queue_init(entries, &ring_, flags), "io_uring_queue_init");
        if (k == kind::deferred) check(io_uring_register_ring_fd(&ring_), "io_uring_register_ring_fd");
    }
    raw_ring(const raw_ring&) = delete;
    raw_ring& operator=(const raw_ring&) = delete;
    ~raw_ring() { io_uring_queue_exit(&ring_); }

    io_uring* get() { return &ring_; }

    io_uring_sqe* entry() {
        io_uring_sqe* e = io_uring_get_sqe(&ring_);
        if (e == nullptr) {
            io_uring_submit(&ring_);
            e = io_uring_get_sqe(&ring_);
        }
        return e;
    }

    /// Submits what was prepared, waits for so many completions, and hands out all that are there; returns how many.
    template <class F>
    unsigned submit_and_reap(unsigned at_least, F each) {
        io_uring_submit_and_wait(&ring_, at_least);
        unsigned head = 0;
        unsigned seen = 0;
        io_uring_cqe* c = nullptr;
        io_uring_for_each_cqe(&ring_, head, c) {
            each(*c);
            ++seen;
        }
        io_uring_cq_advance(&ring_, seen);
        return seen;
    }

    static int check(int result, const char* what) {
        if (result < 0) {
            std::fprintf(stderr, "%s: %s\n", what, std::strerror(-result));
            std::exit(1);
        }
        return result;
    }

private:
    io_uring ring_{};
};

}  // namespace floor_of
