// SPDX-License-Identifier: BSL-1.0
// 64 MiB are being written when whoever reads them goes: the write ends with an error that says how far it came, no signal
// kills the program, whose action for SIGPIPE is the default one, nothing leaks, and the loop goes on.
#include "../io/loopback.hpp"
#include "../io/pipes.hpp"
#include "bad_day.hpp"
#include "open_before.hpp"

#include <coil/runtime.hpp>

#include <csignal>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace {

using bad_day::expect;
using bad_day::expect_equal;
using coil::task;

constexpr std::size_t much = std::size_t{64} << 20;

// The reader goes after so many bytes, with more of them on the way.
template <class Reader>
task<> reads_some_and_goes(Reader& from, std::size_t count) {
    std::vector<std::byte> buffer(count);
    if (count != 0) co_await from.read_exactly(buffer);
    co_await from.close();
}

template <class Writer, class Reader>
task<> day(const char* name, Writer& to, Reader& from, const std::vector<std::byte>& bytes, std::size_t count) {
    const std::string what = std::string(name) + " after " + std::to_string(count) + " bytes: ";
    auto reading = coil::spawn(reads_some_and_goes(from, count));
    try {
        co_await to.write(bytes);
        expect(false, what + "the write succeeded");
    } catch (const coil::transfer_error& e) {
        expect(e.code() == std::errc::broken_pipe || e.code() == std::errc::connection_reset, what + e.what());
        expect(e.transferred() >= count && e.transferred() < much, what + std::to_string(e.transferred()) + " transferred");
    }
    co_await reading;
    // it stays that way, and says so at once
    try {
        co_await to.write(bytes);
        expect(false, what + "the second write succeeded");
    } catch (const coil::transfer_error& e) {
        expect_equal(e.transferred(), std::size_t{0}, what + "transferred by the second write");
    }
    co_await to.close();
}

task<> amain() {
    const std::vector<std::byte> bytes(much);
    for (const std::size_t count : {std::size_t{0}, std::size_t{1}, std::size_t{700'000}}) {
        io_test::both_ends tcp = co_await io_test::connected();
        co_await day("TCP", tcp.client, tcp.server, bytes, count);
        auto local = coil::net::unix_stream::pair();
        co_await day("a Unix stream", local.first, local.second, bytes, count);
        io_test::stream_pipe pipe;
        co_await day("a pipe", pipe.writer, pipe.reader, bytes, count);
    }
    // and from the pool
    const auto there = [&]() -> task<> {
        co_await coil::resume_on(coil::pool());
        io_test::both_ends tcp = co_await io_test::connected();
        co_await day("TCP, on the pool", tcp.client, tcp.server, bytes, 100'000);
    };
    co_await there();
}

}  // namespace

int main() {
    const bad_day::watchdog awake;
    std::signal(SIGPIPE, SIG_DFL);
    const bad_day::open_before descriptors;
    coil::run(amain());
    descriptors.expect_kept();
    return bad_day::verdict();
}
