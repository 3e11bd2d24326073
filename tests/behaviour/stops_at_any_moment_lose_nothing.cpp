// SPDX-License-Identifier: BSL-1.0
// Reads and writes that are stopped at random moments, on this machine's kernel: what the ones that succeeded and the ones
// that were stopped say that they moved is the stream, the datagrams, the file, without a hole and nothing twice.
#include "../io/loopback.hpp"
#include "../io/pipes.hpp"
#include "../io/temporary_folder.hpp"
#include "bad_day.hpp"
#include "open_before.hpp"

#include <coil/runtime.hpp>

#if COIL_HAS_TLS
#include "../io/tls_ends.hpp"
#endif

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using bad_day::expect_equal;
using coil::task;

std::byte wanted(std::uint64_t at) {
    return static_cast<std::byte>((at * 2654435761U) >> 13);
}

// Spawns an operation and stops it at some moment: before its first step, at once, a few turns or a little time later; or
// not at all. Yields what it says that it moved.
task<std::size_t> stopped_at_random(task<std::size_t> operation, std::minstd_rand& random) {
    auto h = coil::spawn(std::move(operation));
    const auto dice = random() % 8;
    if (dice < 5)
        for (auto turns = dice; turns != 0; --turns)
            co_await coil::yield();
    else if (dice < 7) co_await coil::sleep_for(std::chrono::microseconds(random() % 60));
    if (dice != 7) h.cancel();
    ++bad_day::progress;
    try {
        co_return co_await h;
    } catch (const coil::cancelled& c) {
        co_return c.transferred();
    }
}

template <class S>
task<std::size_t> read_some(S& s, coil::byte_span to) {
    const std::size_t n = co_await s.read(to);
    co_return n;
}
template <class S>
task<std::size_t> read_exactly(S& s, coil::byte_span to) {
    const std::size_t n = co_await s.read_exactly(to);
    co_return n;
}
// No coroutine: there g++ 12 destroys both arms of a choice between tasks.
template <class S>
task<std::size_t> read_either(S& s, coil::byte_span to, bool exactly) {
    if (exactly) return read_exactly(s, to);
    return read_some(s, to);
}
template <class S>
task<std::size_t> write_all(S& s, coil::byte_view from) {
    const std::size_t n = co_await s.write(from);
    co_return n;
}

// ---- streams: a writer and a reader that are both stopped all the time

template <class S>
task<> writes(S& s, std::uint64_t total, unsigned seed) {
    std::minstd_rand random(seed);
    std::vector<std::byte> buffer(20000);
    for (std::uint64_t at = 0; at != total;) {
        const std::size_t size = std::min<std::uint64_t>(1 + random() % buffer.size(), total - at);
        for (std::size_t i = 0; i != size; ++i)
            buffer[i] = wanted(at + i);
        at += co_await stopped_at_random(write_all(s, coil::byte_view(buffer.data(), size)), random);
    }
}

template <class S>
task<> reads(const char* name, S& s, std::uint64_t total, unsigned seed) {
    std::minstd_rand random(seed + 1);
    std::vector<std::byte> buffer(20000);
    bool whole = true;
    for (std::uint64_t at = 0; at != total;) {
        const std::size_t size = std::min<std::uint64_t>(1 + random() % buffer.size(), total - at);
        const coil::byte_span to(buffer.data(), size);
        const bool exactly = random() % 2 == 0;
        const std::size_t n = co_await stopped_at_random(read_either(s, to, exactly), random);
        for (std::size_t i = 0; i != n; ++i)
            whole = whole && buffer[i] == wanted(at + i);
        at += n;
    }
    expect(whole, std::string(name) + ": the bytes are those that were sent");
}

// The same into buffers that the loop lends.
template <class S>
task<std::size_t> receive_into(S& s, std::vector<std::byte>& to) {
    const coil::chunk c = co_await s.receive();
    to.assign(c.data(), c.data() + c.size());
    co_return c.size();
}

template <class S>
task<> receives(const char* name, S& s, std::uint64_t total, unsigned seed) {
    std::minstd_rand random(seed + 2);
    std::vector<std::byte> got;
    bool whole = true;
    for (std::uint64_t at = 0; at != total;) {
        const std::size_t n = co_await stopped_at_random(receive_into(s, got), random);
        for (std::size_t i = 0; i != n; ++i)
            whole = whole && got[i] == wanted(at + i);
        at += n;
    }
    expect(whole, std::string(name) + ": the bytes that were lent are those that were sent");
}

template <class Writer, class Reader>
task<> lent_stream(const char* name, Writer& to, Reader& from, std::uint64_t total, unsigned seed) {
    co_await coil::when_all(writes(to, total, seed), receives(name, from, total, seed));
}

template <class Writer, class Reader>
task<> stream(const char* name, Writer& to, Reader& from, std::uint64_t total, unsigned seed) {
    co_await coil::when_all(writes(to, total, seed), reads(name, from, total, seed));
}

// ---- datagrams: what says that it was sent is received before the next one is sent, and nothing else is

template <class Socket>
task<std::size_t> receive_number(Socket& s, std::uint32_t& number) {
    co_await s.receive_from(coil::byte_span(&number, sizeof number));
    co_return 1;
}
template <class Socket>
task<std::size_t> send_number(Socket& s, const std::uint32_t& number) {
    const std::size_t n = co_await s.send(coil::byte_view(&number, sizeof number));
    co_return n;
}

template <class Socket>
task<> datagrams(const char* name, Socket& sender, Socket& receiver, std::uint32_t count, unsigned seed) {
    std::minstd_rand random(seed);
    std::uint32_t number = 0;
    for (std::uint32_t received = 0; received != count; ++received) {
        std::size_t sent = 0;
        while (sent == 0) {
            ++number;
            sent = co_await stopped_at_random(send_number(sender, number), random);
        }
        std::uint32_t came = 0;
        std::size_t n = 0;
        while (n == 0)
            n = co_await stopped_at_random(receive_number(receiver, came), random);
        expect_equal(came, number, name);
    }
}

// ---- files

task<std::size_t> write_at(coil::fs::file& f, coil::byte_view from, std::uint64_t at) {
    const std::size_t n = co_await f.write_at(from, at);
    co_return n;
}
task<std::size_t> read_at(coil::fs::file& f, coil::byte_span to, std::uint64_t at) {
    const std::size_t n = co_await f.read_at(to, at);
    co_return n;
}

task<> files(std::uint64_t total, unsigned seed) {
    std::minstd_rand random(seed);
    const io_test::temporary_folder folder;
    coil::fs::file f = co_await coil::fs::open(folder / "file", coil::fs::mode::read_write);
    std::vector<std::byte> buffer(50000);
    for (std::uint64_t at = 0; at != total;) {
        const std::size_t size = std::min<std::uint64_t>(1 + random() % buffer.size(), total - at);
        for (std::size_t i = 0; i != size; ++i)
            buffer[i] = wanted(at + i);
        at += co_await stopped_at_random(write_at(f, coil::byte_view(buffer.data(), size), at), random);
    }
    expect_equal(co_await f.size(), total, "size of the file");
    bool whole = true;
    for (std::uint64_t at = 0; at != total;) {
        const std::size_t size = std::min<std::uint64_t>(1 + random() % buffer.size(), total - at);
        const std::size_t n = co_await stopped_at_random(read_at(f, coil::byte_span(buffer.data(), size), at), random);
        for (std::size_t i = 0; i != n; ++i)
            whole = whole && buffer[i] == wanted(at + i);
        at += n;
    }
    expect(whole, "the file holds what was written");
    co_await f.close();
}

task<> amain(std::uint64_t total, unsigned seed) {
    io_test::both_ends tcp = co_await io_test::connected();
    co_await stream("TCP", tcp.client, tcp.server, total, seed);
    auto local = coil::net::unix_stream::pair();
    co_await stream("a Unix stream", local.first, local.second, total, seed);
    io_test::stream_pipe pipe;
    co_await stream("a pipe", pipe.writer, pipe.reader, total, seed);
    co_await lent_stream("TCP", tcp.client, tcp.server, total, seed);
    co_await lent_stream("a Unix stream", local.first, local.second, total, seed);
    const auto count = static_cast<std::uint32_t>(total / 4000);
    auto udp_receiver = coil::net::udp_socket::bind(coil::net::endpoint("127.0.0.1", 0));
    auto udp_sender = coil::net::udp_socket::connect(udp_receiver.local_endpoint());
    co_await datagrams("the UDP datagram", udp_sender, udp_receiver, count, seed);
    auto two = coil::net::unix_datagram::pair();
    co_await datagrams("the Unix datagram", two.first, two.second, count, seed);
    co_await files(total, seed);
#if COIL_HAS_TLS
    io_test::tls_ends tls = co_await io_test::agreed();
    co_await stream("TLS", tls.client, tls.server, total, seed);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const bool full = bad_day::is_full(argc, argv);
    const unsigned first = std::random_device{}();
    std::printf("seeds from %u on\n", first);
    const bad_day::open_before descriptors;
    for (unsigned seed = first; seed != first + (full ? 200U : 2U); ++seed)
        coil::run(amain(full ? 5'000'000 : 400'000, seed));
    descriptors.expect_kept();
    return bad_day::verdict();
}
