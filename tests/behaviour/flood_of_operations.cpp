// SPDX-License-Identifier: BSL-1.0
// One task begins tens of thousands of operations without a pause: nobody hears of a full queue, each is answered once,
// a stream in the midst of it keeps its order, and the memory that it took comes back.
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>
#include <coil/runtime/ring/op.hpp>

#include <liburing.h>
#include <malloc.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using io_test::tcp_stream;

task<> nop(long& answered) {
    const int r = co_await coil::ring_op([](io_uring_sqe& e) { e.opcode = IORING_OP_NOP; });
    if (r == 0) ++answered;
}
task<> timer(long& answered) {
    __kernel_timespec soon{.tv_sec = 0, .tv_nsec = 1000};
    const int r = co_await coil::ring_op([&soon](io_uring_sqe& e) { io_uring_prep_timeout(&e, &soon, 0, 0); });
    if (r == -ETIME) ++answered;
}

task<> waits() {
    __kernel_timespec never{.tv_sec = 100'000, .tv_nsec = 0};
    co_await coil::ring_op([&never](io_uring_sqe& e) { io_uring_prep_timeout(&e, &never, 0, 0); });
}

// Each cancellation takes an entry, and the one that cancels does not suspend.
task<> cancels(long count) {
    std::vector<coil::join_handle<>> all;
    for (long i = 0; i != count; ++i)
        all.push_back(coil::spawn(waits()));
    for (auto& h : all)
        while (h.state() != coil::task_state::suspended)
            co_await coil::yield();
    for (auto& h : all)
        h.cancel();
    long cancelled = 0;
    for (auto& h : all) {
        (void)co_await h.join_for(24h);
        cancelled += h.state() == coil::task_state::cancelled;
    }
    expect_equal(cancelled, count, "cancelled");
}

task<> writes(tcp_stream& s, std::uint32_t count) {
    for (std::uint32_t i = 0; i != count; ++i)
        co_await s.write(std::array{i});
    co_await s.shutdown_write();
}
task<std::uint32_t> reads(tcp_stream& s) {
    for (std::uint32_t expected = 0;; ++expected) {
        std::array<std::uint32_t, 1> record{};
        const auto r = co_await coil::as_result(s.read_exactly(record));
        if (!r.has_value()) co_return expected;
        if (record[0] != expected) co_return 0;
    }
}

task<> flood(long count) {
    auto ends = co_await io_test::connected();
    constexpr std::uint32_t records = 500;
    auto writing = coil::spawn(writes(ends.client, records));
    auto reading = coil::spawn(reads(ends.server));
    long answered = 0;
    {
        std::vector<coil::join_handle<>> all;
        for (long i = 0; i != count; ++i)
            all.push_back(i % 10 == 9 ? coil::spawn(timer(answered)) : coil::spawn(nop(answered)));
        for (auto& h : all)
            co_await h;
    }
    expect_equal(answered, count, "answered");
    co_await writing;
    expect_equal(co_await reading, records, "records in order");
    ++bad_day::progress;

    // all at once below one await, too
    answered = 0;
    std::vector<task<>> children;
    for (long i = 0; i != count; ++i)
        children.push_back(nop(answered));
    co_await coil::when_all(std::move(children));
    expect_equal(answered, count, "answered in one fork");
    ++bad_day::progress;
    co_await cancels(count);
}

std::size_t in_use() {
    malloc_trim(0);
    return mallinfo2().uordblks + mallinfo2().hblkhd;
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const long count = bad_day::is_full(argc, argv) ? 100'000 : full_size(20'000);
    coil::run(flood(count));
    const auto after_one = in_use();
    for (int i = 0; i != 3; ++i) {
        coil::run(flood(count));
        ++bad_day::progress;
    }
    const auto after_four = in_use();
    std::printf("%zu bytes in use after one flood, %zu after four\n", after_one, after_four);
#ifndef UNDER_A_SANITIZER  // which counts elsewhere
    expect(after_four < after_one + 256 * 1024, "memory comes back");
    expect(after_one < 64u * 1024 * 1024, "what is kept to be used again is bounded");
#endif
    return bad_day::verdict();
}
