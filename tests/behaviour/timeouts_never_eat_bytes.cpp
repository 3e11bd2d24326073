// SPDX-License-Identifier: BSL-1.0
// Numbered records arrive at random moments, and every read has a deadline that may fall at any of them: what the reads
// that succeeded brought, and what those that gave up had moved, is the stream, without a hole.
#include "../io/loopback.hpp"
#include "bad_day.hpp"

#include <coil/runtime.hpp>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

namespace {

using namespace std::chrono_literals;
using bad_day::expect;
using coil::task;
using io_test::tcp_stream;

using record = std::array<std::byte, 4>;

record number(std::uint32_t n) {
    record r;
    std::memcpy(r.data(), &n, sizeof n);
    return r;
}

// Knows what comes next, byte by byte.
class stream_so_far {
public:
    void add(const std::byte* bytes, std::size_t n) {
        for (std::size_t i = 0; i != n; ++i, ++at_)
            whole_ = whole_ && bytes[i] == number(static_cast<std::uint32_t>(at_ / 4))[at_ % 4];
    }
    std::uint64_t size() const { return at_; }
    bool whole() const { return whole_; }

private:
    std::uint64_t at_ = 0;
    bool whole_ = true;
};

task<> writes(tcp_stream& s, std::uint32_t records, unsigned seed) {
    std::minstd_rand random(seed);
    for (std::uint32_t i = 0; i != records;) {
        std::array<std::byte, 64> batch;
        std::size_t n = 0;
        for (const std::size_t wanted = 4 * (1 + random() % 16); n != wanted && i != records; n += 4, ++i)
            std::memcpy(batch.data() + n, number(i).data(), 4);
        co_await s.write(coil::byte_view(batch.data(), n));
        if (random() % 4 == 0) co_await coil::sleep_for(std::chrono::microseconds(random() % 100));
    }
    co_await s.shutdown_write();
}

enum class way { read, receive, exactly };

task<std::string> reads(tcp_stream& s, way how, unsigned seed) {
    std::minstd_rand random(seed);
    stream_so_far seen;
    long gave_up = 0;
    for (bool over = false; !over && seen.whole();) {
        const auto limit = std::chrono::microseconds(random() % 200);
        std::array<std::byte, 48> to;
        ++bad_day::progress;
        if (how == way::receive) {
            auto c = co_await coil::move_on_after(limit, s.receive());
            gave_up += !c;
            over = c && c->empty();
            if (c) seen.add(c->data(), c->size());
        } else if (how == way::read) {
            const auto n = co_await coil::move_on_after(limit, s.read(to));
            gave_up += !n;
            over = n && *n == 0;
            if (n) seen.add(to.data(), *n);
        } else {
            try {
                seen.add(to.data(), co_await coil::timeout(limit, s.read_exactly(to)));
            } catch (const coil::timed_out& e) {
                ++gave_up;
                seen.add(to.data(), e.transferred());
            } catch (const coil::transfer_error& e) {
                seen.add(to.data(), e.transferred());
                over = true;
            }
        }
    }
    expect(seen.whole(), "the stream has no hole and nothing comes twice");
    co_return std::to_string(seen.size()) + " bytes, " + std::to_string(gave_up) + " times given up";
}

task<> both(way how, bool on_pool, std::uint32_t records, unsigned seed) {
    auto ends = co_await io_test::connected();
    auto writer = coil::spawn(writes(ends.server, records, seed));
    if (on_pool) co_await coil::resume_on(coil::pool());
    const std::string what = co_await reads(ends.client, how, seed + 1);
    co_await writer;
    std::printf("%s on the %s: %s\n",
                how == way::read      ? "read"
                : how == way::receive ? "receive"
                                      : "read_exactly",
                on_pool ? "pool" : "loop", what.c_str());
    expect(what.starts_with(std::to_string(4ULL * records) + " "), "all of the stream has come");
}

}  // namespace

int main(int argc, char** argv) {
    const char* const given = std::getenv("SEED");
    const unsigned seed = given ? static_cast<unsigned>(std::atoi(given)) : std::random_device()();
    std::printf("SEED=%u\n", seed);
    const bad_day::watchdog watch;
    const auto records = static_cast<std::uint32_t>(full_size(bad_day::is_full(argc, argv) ? 100'000 : 20'000));
    for (const way how : {way::read, way::receive, way::exactly})
        for (const bool on_pool : {false, true})
            coil::run(both(how, on_pool, records, seed));
    return bad_day::verdict();
}
