// SPDX-License-Identifier: BSL-1.0
// What transfers at a descriptor's own position ask of the ring, and that they raise no signal where the kernel cannot be
// asked not to.
#include <coil/runtime/io/fd_operations.hpp>

#include "../ring/driver.hpp"
#include "loopback.hpp"
#include "pipes.hpp"
#include "scripted_ring.hpp"

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/kernel_ring.hpp>

#include <doctest/doctest.h>

#include <cerrno>
#include <csignal>
#include <string>
#include <vector>

using namespace io_test;

namespace {

coil::fd_stream scripted(scripted_ring& r) {
    return coil::fd_stream(coil::ring::descriptor(7, &r), "fd 7");
}

std::vector<int> opcodes(const scripted_ring& r) {
    std::vector<int> all;
    for (const io_uring_sqe& e : r.seen)
        all.push_back(e.opcode);
    return all;
}

}  // namespace

TEST_CASE("a descriptor that does not wait by itself is polled; one that only seems ready gets a thread") {
    scripted_ring r;
    ring_test::driver d(r);
    coil::fd_stream s = scripted(r);
    std::string text(10, '.');
    const auto reads = [&]() -> task<> { CHECK(co_await s.read(text) == 3); };
    r.answers = {-EINTR, -EAGAIN, 1, -EAGAIN, 1, 3};
    ring_test::run(d, reads());
    CHECK(opcodes(r) == std::vector<int>{IORING_OP_READ, IORING_OP_READ, IORING_OP_POLL_ADD, IORING_OP_READ,
                                         IORING_OP_POLL_ADD, IORING_OP_READ});
    CHECK((r.seen[3].flags & IOSQE_ASYNC) == 0);
    CHECK((r.seen[5].flags & IOSQE_ASYNC) != 0);
    r.seen.clear();
    const auto writes = [&]() -> task<> { CHECK(co_await s.write(text) == 10); };
    r.answers = {4, -EAGAIN, 4, 6};  // the poll's answer is no count
    ring_test::run(d, writes());
    REQUIRE(r.seen.size() == 4);
    CHECK(r.seen[3].len == 6);
    r.seen.clear();
    const auto exactly = [&]() -> task<> {
        auto got = co_await coil::as_result(s.read_exactly(text));
        CHECK(got.error().message() == "read_exactly fd 7 after 4 of 10 bytes: No data available");
    };
    r.answers = {1, -EAGAIN, 1, 3, 0};
    ring_test::run(d, exactly());
    r.answers = {-EAGAIN, -EBADF};
    const auto fails = [&]() -> task<> {
        CHECK((co_await coil::as_result(s.read(text))).error() == std::errc::bad_file_descriptor);
    };
    ring_test::run(d, fails());
}

TEST_CASE("a write to a pipe without a reader raises no signal on an old kernel either") {
    coil::ring::kernel_ring r(coil::ring::kernel_options{.hide = coil::ring::parse_features("all")});
    ring_test::driver d(r);
    struct sigaction plain{}, before{};
    plain.sa_handler = SIG_DFL;
    sigaction(SIGPIPE, &plain, &before);
    const auto writes = [&]() -> task<> {
        stream_pipe p;
        co_await p.reader.close();
        auto w = co_await coil::as_result(p.writer.write("x"));
        CHECK(w.error() == std::errc::broken_pipe);
    };
    ring_test::run(d, writes());
    sigaction(SIGPIPE, &before, nullptr);
}
