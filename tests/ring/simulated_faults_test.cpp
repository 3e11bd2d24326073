// SPDX-License-Identifier: BSL-1.0
// Each fault alone, on a ring by hand.
#include <coil/runtime/ring/simulated_faults.hpp>

#include "sides.hpp"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <type_traits>

using namespace ring_test;
using coil::ring::simulated_ring;
using coil::ring::simulation_options;
namespace sim = coil::sim;

static_assert(std::is_trivially_destructible_v<sim::faults> && std::is_trivially_destructible_v<sim::planned_fault>);

namespace {

// Two ends that speak to each other.
struct pair {
    explicit pair(simulated_ring& ring) : r(ring) {
        REQUIRE(r.now(call::socketpair(AF_UNIX, SOCK_STREAM, 0, ends)) == 0);
    }
    pair(const pair&) = delete;
    pair& operator=(const pair&) = delete;
    ~pair() {
        for (const int end : ends)
            r.close(end);
    }
    simulated_ring& r;
    int ends[2] = {-1, -1};
};

int one(simulated_ring& r, void (*prepare)(io_uring_sqe&, int), int fd) {
    io_uring_sqe& e = r.take();
    prepare(e, fd);
    e.user_data = tag(1);
    return wait_for(r, 1)[0].res;
}

}  // namespace

TEST_CASE("short reads and writes move at least a byte, and lose none") {
    simulated_ring r({.seed = 7, .faults = {.short_reads = 0.5, .short_writes = 0.5}});
    pair p(r);
    std::string sent, received;
    int short_writes = 0, short_reads = 0;
    for (int i = 0; i < 200; ++i) {
        const std::string text(10, static_cast<char>('a' + i % 26));
        const long n = r.now(call::send(p.ends[0], text.data(), text.size()));
        REQUIRE(n > 0);
        short_writes += n < 10;
        sent += text.substr(0, static_cast<std::size_t>(n));
        std::array<char, 100> to{};
        const long m = r.now(call::recv(p.ends[1], to.data(), to.size()));
        REQUIRE(m > 0);
        received.append(to.data(), static_cast<std::size_t>(m));
        short_reads += m < n;
    }
    CHECK(short_writes > 20);
    CHECK(short_reads > 20);
    std::array<char, 4000> rest{};
    while (received.size() < sent.size()) {
        const long m = r.now(call::recv(p.ends[1], rest.data(), rest.size()));
        REQUIRE(m > 0);
        received.append(rest.data(), static_cast<std::size_t>(m));
    }
    CHECK(received == sent);
    // the end is the end, and only then
    REQUIRE(r.now(call::shutdown(p.ends[0], SHUT_WR)) == 0);
    CHECK(r.now(call::recv(p.ends[1], rest.data(), rest.size())) == 0);
}

TEST_CASE("an interrupted operation moves nothing") {
    simulated_ring r({.faults = {.interrupted = 0.3}});
    pair p(r);
    int interrupted = 0, sent = 0;
    for (int i = 0; i < 200; ++i) {
        const int n = one(r, [](io_uring_sqe& e, int fd) { io_uring_prep_send(&e, fd, "x", 1, 0); }, p.ends[0]);
        (n == -EINTR ? interrupted : sent) += 1;
        if (n != -EINTR) CHECK(n == 1);
    }
    CHECK(interrupted > 20);
    std::array<char, 300> to{};
    long received = 0;
    for (long n = 0; n != -EAGAIN;) {
        n = r.now(call::recv(p.ends[1], to.data(), to.size()));
        if (n > 0) received += n;
    }
    CHECK(received == sent);
}

TEST_CASE("a try may find nothing though there is something; an entry finds it") {
    simulated_ring r({.faults = {.nothing_yet = 1.0}});
    pair p(r);
    CHECK(one(r, [](io_uring_sqe& e, int fd) { io_uring_prep_send(&e, fd, "abc", 3, 0); }, p.ends[0]) == 3);
    std::array<char, 8> to{};
    CHECK(r.now(call::recv(p.ends[1], to.data(), 8)) == -EAGAIN);
    static char into[8];
    CHECK(one(r, [](io_uring_sqe& e, int fd) { io_uring_prep_recv(&e, fd, into, 8, 0); }, p.ends[1]) == 3);
}

TEST_CASE("a reset breaks the connection at both ends") {
    simulated_ring r({.faults = {.reset = 1.0}});
    pair p(r);
    CHECK(r.now(call::send(p.ends[0], "abc", 3)) == -ECONNRESET);
    std::array<char, 8> to{};
    CHECK(r.now(call::recv(p.ends[1], to.data(), 8)) == -ECONNRESET);
}

TEST_CASE("what opens something may find no descriptor, a socket no memory") {
    simulated_ring none({.faults = {.no_descriptors = 1.0}});
    CHECK(none.now(call::socket(AF_INET, SOCK_STREAM, 0)) == -EMFILE);
    CHECK(none.now(call::open(AT_FDCWD, "/tmp", O_RDONLY)) == -EMFILE);
    simulated_ring poor({.faults = {.no_buffers = 1.0}});
    CHECK(poor.now(call::socket(AF_INET, SOCK_STREAM, 0)) == -ENOBUFS);
    CHECK(poor.now(call::open(AT_FDCWD, "/tmp", O_RDONLY)) >= 0);
}

TEST_CASE("a disk is full, or broken, for files alone") {
    simulated_ring full({.faults = {.disk_full = 1.0}});
    pair p(full);
    const auto make = [](io_uring_sqe& e, int fd) { io_uring_prep_openat(&e, fd, "/tmp/a", O_CREAT | O_RDWR, 0600); };
    const auto write = [](io_uring_sqe& e, int fd) { io_uring_prep_write(&e, fd, "x", 1, 0); };
    const int file = one(full, make, AT_FDCWD);
    REQUIRE(file >= 0);
    CHECK(one(full, write, file) == -ENOSPC);
    CHECK(one(full, write, p.ends[0]) == 1);
    simulated_ring broken({.faults = {.disk_broken = 1.0}});
    const int other = one(broken, make, AT_FDCWD);
    REQUIRE(other >= 0);
    CHECK(one(broken, write, other) == -EIO);
    CHECK(one(broken, [](io_uring_sqe& e, int fd) { io_uring_prep_fsync(&e, fd, 0); }, other) == -EIO);
}

TEST_CASE("a delay takes virtual time, and changes the order") {
    simulated_ring r({.faults = {.delays = 1.0, .longest_delay = std::chrono::milliseconds(3)}});
    const time_point start = r.clock();
    for (std::uint64_t i = 0; i < 20; ++i)
        take_nop(r, tag(i));
    std::vector<std::uint64_t> order;
    for (const auto& c : wait_for(r, 20))
        order.push_back(c.user_data);
    CHECK_FALSE(std::is_sorted(order.begin(), order.end()));
    CHECK(r.clock() > start + std::chrono::microseconds(1));
    CHECK(r.clock() <= start + std::chrono::milliseconds(3));
}

TEST_CASE("a delay may be of any unit, and endless") {
    simulated_ring r({.faults = {.delays = 1.0, .longest_delay = std::chrono::hours::max()}});
    const time_point start = r.clock();
    take_nop(r, tag(1));
    CHECK(wait_for(r, 1).size() == 1);
    CHECK(r.clock() > start);
}

TEST_CASE("cancels are late as often as they are asked to be") {
    for (const double late : {0.0, 1.0}) {
        for (std::uint64_t seed = 0; seed < 20; ++seed) {
            simulated_ring r({.seed = seed, .faults = {.late_cancels = late}});
            take_nop(r, tag(1));
            take_cancel(r, tag(1), tag(2));
            for (const auto& c : wait_for(r, 2))
                if (c.user_data == tag(1)) CHECK(c.res == (late < 0.5 ? -ECANCELED : 0));
        }
    }
}

TEST_CASE("completions that found no room all come") {
    simulated_ring r({.faults = {.full_completions = 0.5}});
    for (std::uint64_t i = 0; i < 300; ++i)
        take_nop(r, tag(i));
    CHECK(wait_for(r, 300).size() == 300);
}

TEST_CASE("by plan the n-th operation of a kind fails, whatever the seed") {
    const sim::planned_fault plan[] = {{.what = sim::kind::send, .nth = 2, .error = ENOBUFS},
                                       {.what = sim::kind::receive, .nth = 1, .error = EINTR},
                                       {.what = sim::kind::send, .nth = 4, .error = ECONNRESET}};
    for (std::uint64_t seed = 0; seed < 10; ++seed) {
        simulated_ring r({.seed = seed, .plan = plan});
        pair p(r);
        std::array<char, 8> to{};
        CHECK(r.now(call::send(p.ends[0], "a", 1)) == 1);
        CHECK(r.now(call::send(p.ends[0], "b", 1)) == -ENOBUFS);
        CHECK(r.now(call::send(p.ends[0], "c", 1)) == 1);
        CHECK(r.now(call::recv(p.ends[1], to.data(), 8)) == -EINTR);
        CHECK(r.now(call::recv(p.ends[1], to.data(), 8)) == 2);
        CHECK(r.now(call::recv(p.ends[1], to.data(), 8)) == -EAGAIN);
        CHECK(r.now(call::send(p.ends[0], "d", 1)) == -ECONNRESET);
        CHECK(r.now(call::recv(p.ends[1], to.data(), 8)) == -ECONNRESET);
    }
}

TEST_CASE("what is no chance is refused by name") {
    for (const double wrong : {-0.1, 1.5, 200.0, std::numeric_limits<double>::quiet_NaN()})
        CHECK_THROWS_AS(simulated_ring({.faults = {.delays = wrong}}), std::invalid_argument);
    try {
        simulated_ring r({.faults = {.reset = 5}});
        FAIL("a chance of 5");
    } catch (const std::invalid_argument& e) {
        CHECK(std::string(e.what()).find(".reset is 5") != std::string::npos);
    }
}
