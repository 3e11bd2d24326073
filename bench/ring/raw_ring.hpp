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
