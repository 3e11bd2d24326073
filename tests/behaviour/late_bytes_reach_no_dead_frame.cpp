// SPDX-License-Identifier: BSL-1.0
// A read that was given up writes nothing any more: bytes that come later do not reach the memory of the frame that
// waited for them, which another one has by then, and none of them is lost.
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <sys/mman.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
using io_test::tcp_stream;

constexpr std::size_t size = 256;
constexpr std::size_t sent_at_once = 64;

// The bytes of a stream are numbered, so that a hole or a repetition is seen.
struct numbered {
    unsigned char next = 0;
    void fill(std::array<unsigned char, sent_at_once>& bytes) {
        for (auto& b : bytes)
            b = next++;
    }
    bool continues(const unsigned char* p, std::size_t n) {
        return std::all_of(p, p + n, [this](unsigned char b) { return b == next++; });
    }
};

// Reads into its own frame, and gives up.
task<std::size_t> gives_up(tcp_stream& s, std::chrono::microseconds after, numbered& seen, bool& whole) {
    std::array<unsigned char, size> mine;
    mine.fill(0xee);
    const auto n = co_await coil::move_on_after(after, s.read(mine));
    if (n) whole &= seen.continues(mine.data(), *n);
    co_return n ? *n : 0;
}

// Has the memory next; meanwhile the bytes come.
task<bool> canary(tcp_stream& peer, numbered& sent) {
    std::array<unsigned char, size> mine;
    mine.fill(0xcc);
    std::array<unsigned char, sent_at_once> bytes;
    sent.fill(bytes);
    co_await peer.write(bytes);
    for (int i = 0; i != 3; ++i)
        co_await coil::yield();
    co_return std::all_of(mine.begin(), mine.end(), [](unsigned char b) { return b == 0xcc; });
}

task<> frames(long rounds) {
    auto ends = co_await io_test::connected();
    numbered sent, seen;
    bool whole = true, intact = true;
    for (long i = 0; i != rounds; ++i) {
        const std::size_t got = co_await gives_up(ends.client, std::chrono::microseconds(i % 4 * 10), seen, whole);
        expect_equal(got, 0u, "bytes that nobody has sent");
        intact &= co_await canary(ends.server, sent);
        std::array<unsigned char, sent_at_once> bytes;
        co_await ends.client.read_exactly(bytes);
        whole &= seen.continues(bytes.data(), bytes.size());
    }
    expect(intact, "the canary is intact");
    expect(whole, "every byte comes once, in order");
}

// The stop comes when the kernel has the bytes and the read has only just begun: either they are returned, or they stay.
task<> stops(long rounds) {
    auto ends = co_await io_test::connected();
    numbered sent, seen;
    bool whole = true;
    long taken = 0;
    const auto reads = [&](std::size_t& got) -> task<> {
        std::array<unsigned char, size> mine;
        got = co_await ends.client.read(mine);
        whole &= seen.continues(mine.data(), got);
    };
    for (long i = 0; i != rounds; ++i) {
        std::array<unsigned char, sent_at_once> bytes;
        sent.fill(bytes);
        co_await ends.server.write(bytes);
        std::size_t got = 0;
        auto h = coil::spawn(reads(got));
        co_await coil::yield();
        h.cancel();
        (void)co_await h.join_for(24h);
        taken += got != 0;
        const coil::byte_span rest(bytes.data(), sent_at_once - got);
        co_await ends.client.read_exactly(rest);
        whole &= seen.continues(bytes.data(), rest.size());
    }
    std::printf("stops: %ld reads took effect\n", taken);
    expect(whole, "what a stopped read had taken is returned");
}

// The bytes race with the deadlines: what had been read when the stop came is returned.
task<> races(long bytes_to_come) {
    auto ends = co_await io_test::connected();
    std::thread sender([fd = ends.server.native_handle(), bytes_to_come] {
        std::minstd_rand random(5);
        numbered sent;
        std::array<unsigned char, sent_at_once> bytes;
        for (long i = 0; i < bytes_to_come; i += sent_at_once) {
            sent.fill(bytes);
            for (auto n = random() % 60'000; n != 0; --n)
                std::atomic_signal_fence(std::memory_order_seq_cst);
            expect(::send(fd, bytes.data(), bytes.size(), 0) == ssize_t{sent_at_once}, "a record is sent whole");
        }
    });
    std::minstd_rand random(1);
    numbered seen;
    bool whole = true;
    long given_up = 0;
    for (long got = 0; got < bytes_to_come && whole;) {
        const auto n = co_await gives_up(ends.client, std::chrono::microseconds(random() % 4), seen, whole);
        got += static_cast<long>(n);
        given_up += n == 0;
        if (n != 0) ++bad_day::progress;
    }
    sender.join();
    std::printf("races: %ld reads given up\n", given_up);
    expect(whole, "what was read when the stop came is returned");
}

// Memory that is gone for good: a late write would be lost with EFAULT, and the bytes with it.
task<> pages(long rounds) {
    auto ends = co_await io_test::connected();
    numbered sent, seen;
    bool whole = true;
    constexpr std::size_t page = 4096;
    std::vector<void*> gone;
    for (long i = 0; i != rounds; ++i) {
        void* const p = mmap(nullptr, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) break;
        (void)co_await coil::move_on_after(i % 2 == 0 ? 0us : 20us, ends.client.read(coil::byte_span(p, page)));
        mprotect(p, page, PROT_NONE);
        gone.push_back(p);
        std::array<unsigned char, sent_at_once> bytes;
        sent.fill(bytes);
        co_await ends.server.write(bytes);
        co_await ends.client.read_exactly(bytes);
        whole &= seen.continues(bytes.data(), bytes.size());
        if (gone.size() == 16) {
            for (void* q : gone)
                munmap(q, page);
            gone.clear();
        }
        if (i % 64 == 0) ++bad_day::progress;
    }
    for (void* q : gone)
        munmap(q, page);
    expect(whole, "no byte was written to memory that is gone");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const long rounds = bad_day::is_full(argc, argv) ? 100'000 : full_size(4000);
    coil::run(frames(rounds));
    coil::run(pages(rounds));
    coil::run(stops(rounds));
    coil::run(races(rounds * 100));
    return bad_day::verdict();
}
