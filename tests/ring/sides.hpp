// SPDX-License-Identifier: BSL-1.0
// The sides that answer entries, so that one test runs against each of them.
#pragma once
#include <coil/runtime/ring/fallback_ring.hpp>
#include <coil/runtime/ring/kernel_ring.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>

#include <doctest/doctest.h>
#include <liburing.h>

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace ring_test {

using coil::nanoseconds;
using coil::never;
using coil::time_point;
using coil::ring::call;
using coil::ring::completion;
using coil::ring::first_user_data;

inline constexpr time_point at_once = time_point::min();

struct kernel_side {
    static std::unique_ptr<coil::ring::ring> make(unsigned submissions = 256, unsigned completions = 4096) {
        return std::make_unique<coil::ring::kernel_ring>(
            coil::ring::kernel_options{.submission_entries = submissions, .completion_entries = completions});
    }
};

// The kernel with nothing newer than 6.1.
struct old_kernel_side {
    static std::unique_ptr<coil::ring::ring> make(unsigned submissions = 256, unsigned completions = 4096) {
        return std::make_unique<coil::ring::kernel_ring>(
            coil::ring::kernel_options{.submission_entries = submissions,
                                       .completion_entries = completions,
                                       .hide = coil::ring::parse_features("all")});
    }
};

struct fallback_side {
    static std::unique_ptr<coil::ring::ring> make(unsigned submissions = 256, unsigned completions = 4096) {
        return std::make_unique<coil::ring::fallback_ring>(
            coil::ring::fallback_options{.submission_entries = submissions, .completion_entries = completions});
    }
};

// The same where the kernel has nothing newer than epoll.
struct old_fallback_side {
    static std::unique_ptr<coil::ring::ring> make(unsigned submissions = 256, unsigned completions = 4096) {
        return std::make_unique<coil::ring::fallback_ring>(
            coil::ring::fallback_options{.submission_entries = submissions,
                                         .completion_entries = completions,
                                         .hide = coil::ring::parse_features("all"),
                                         .try_files = false,
                                         .exact_waits = false});
    }
};

template <unsigned Seed, unsigned Linger, bool Refuse>
struct simulation {
    static std::unique_ptr<coil::ring::ring> make(unsigned submissions = 256, unsigned completions = 4096) {
        return std::make_unique<coil::ring::simulated_ring>(
            coil::ring::simulation_options{.seed = Seed,
                                           .submission_entries = submissions,
                                           .completion_entries = completions,
                                           .linger = Linger,
                                           .refuse_when_overflowed = Refuse});
    }
};
using simulated_side = simulation<1, 0, false>;
using slow_simulated_side = simulation<2, 300, true>;

// Lists for TEST_CASE_TEMPLATE.
#define KERNEL_SIDES ring_test::kernel_side, ring_test::old_kernel_side
#define FALLBACK_SIDES ring_test::fallback_side, ring_test::old_fallback_side
#define REAL_SIDES KERNEL_SIDES, FALLBACK_SIDES
#define EVERY_SIDE REAL_SIDES, ring_test::simulated_side, ring_test::slow_simulated_side

// What a test gives as user_data.
inline std::uint64_t tag(std::uint64_t i) {
    return first_user_data + i;
}

// Everything that is there now.
inline std::vector<completion> reap(coil::ring::ring& r) {
    std::vector<completion> seen;
    r.reap([&](std::uint64_t user_data, std::int32_t res, std::uint32_t flags) {
        seen.push_back({user_data, res, flags});
    });
    return seen;
}

// Submits what was taken, of which nothing completes.
inline void let_it_wait(coil::ring::ring& r) {
    r.submit_and_wait(at_once);
    CHECK(reap(r).empty());
}

// Waits until n completions have come.
inline std::vector<completion> wait_for(coil::ring::ring& r, std::size_t n) {
    std::vector<completion> seen;
    while (seen.size() < n) {
        r.submit_and_wait(never);
        for (const completion& c : reap(r))
            seen.push_back(c);
    }
    return seen;
}

inline void take_nop(coil::ring::ring& r, std::uint64_t user_data) {
    io_uring_sqe& e = r.take();
    io_uring_prep_nop(&e);
    e.user_data = user_data;
}

inline void take_timeout(coil::ring::ring& r, __kernel_timespec& after, std::uint64_t user_data) {
    io_uring_sqe& e = r.take();
    io_uring_prep_timeout(&e, &after, 0, 0);
    e.user_data = user_data;
}

inline void take_cancel(coil::ring::ring& r, std::uint64_t target, std::uint64_t user_data) {
    io_uring_sqe& e = r.take();
    io_uring_prep_cancel64(&e, target, 0);
    e.user_data = user_data;
}

inline void take_read(coil::ring::ring& r, int fd, void* to, unsigned size, std::uint64_t user_data) {
    io_uring_sqe& e = r.take();
    io_uring_prep_read(&e, fd, to, size, static_cast<std::uint64_t>(-1));
    e.user_data = user_data;
}

inline void take_write(coil::ring::ring& r, int fd, const void* from, unsigned size, std::uint64_t user_data) {
    io_uring_sqe& e = r.take();
    io_uring_prep_write(&e, fd, from, size, static_cast<std::uint64_t>(-1));
    e.user_data = user_data;
}

// A pipe of a side; closes what is left of it.
struct test_pipe {
    explicit test_pipe(coil::ring::ring& r) : ring(r) { ring.now(call::pipe(ends.data())); }
    test_pipe(const test_pipe&) = delete;
    test_pipe& operator=(const test_pipe&) = delete;
    ~test_pipe() { close_reader(), close_writer(); }
    int reader() const { return ends[0]; }
    int writer() const { return ends[1]; }
    void close_reader() { close_end(0); }
    void close_writer() { close_end(1); }

private:
    void close_end(std::size_t i) {
        if (ends[i] >= 0) ring.close(ends[i]);
        ends[i] = -1;
    }
    coil::ring::ring& ring;
    std::array<int, 2> ends{-1, -1};
};

}  // namespace ring_test
