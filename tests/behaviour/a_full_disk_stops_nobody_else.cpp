// SPDX-License-Identifier: BSL-1.0
// A disk that becomes full: whoever writes learns how far it came, an error of closing is told, what must stay whole
// stays whole, everybody else goes on, and once there is room the writing goes on where it had stopped. On this machine,
// where a limit of a file's size stands in for a small disk (and /dev/full for one without any room), and in simulations
// whose disk is full, or broken, now and then.
#include "../io/loopback.hpp"
#include "../io/small_disk.hpp"
#include "../io/temporary_folder.hpp"
#include "bad_day.hpp"
#include "open_before.hpp"

#include <coil/runtime.hpp>
#include <coil/runtime/ring/simulated_ring.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

namespace {

using bad_day::expect;
using bad_day::expect_equal;
using coil::task;
namespace fs = coil::fs;
namespace sim = coil::sim;

constexpr std::size_t room = 100'000;

std::string pattern(std::size_t size) {
    std::string s(size, '\0');
    for (std::size_t i = 0; i != size; ++i)
        s[i] = static_cast<char>('a' + i * 7 % 23);
    return s;
}

// Answers everything, for ever.
task<> echoes(io_test::tcp_stream s) {
    std::array<std::byte, 64> buffer{};
    for (;;) {
        const std::size_t n = co_await s.read(buffer);
        if (n == 0) break;
        co_await s.write(coil::byte_view(buffer.data(), n));
    }
    co_await s.close();
}

// One round trip: the loop goes on.
task<> asks(io_test::tcp_stream& s) {
    char c = '?';
    co_await s.write(coil::byte_view(&c, 1));
    co_await s.read_exactly(coil::byte_span(&c, 1));
    expect(c == '?', "the echo");
}

bool is_full(const std::error_code& e) {
    return e == std::errc::no_space_on_device || e == std::errc::file_too_large;
}

// Writes all, a piece at a time, and yields how far it came before the disk was full; nothing if it was not.
task<std::optional<std::size_t>> pieces(fs::file& f, const std::string& text, std::size_t at, std::size_t piece) {
    while (at != text.size()) {
        const std::size_t size = std::min(piece, text.size() - at);
        try {
            at += co_await f.write_at(coil::byte_view(text.data() + at, size), at);
        } catch (const coil::transfer_error& e) {
            expect(is_full(e.code()), e.what());
            co_return at + e.transferred();
        }
    }
    co_return std::nullopt;
}

// Is done while the disk is full, by several tasks at once.
task<> in_pieces(const std::filesystem::path& path, const std::string& text, std::size_t piece, io_test::tcp_stream& peer) {
    fs::file f = co_await fs::open(path, fs::mode::read_write);
    std::optional<std::size_t> came;
    {
        const io_test::small_disk full(room);
        came = co_await pieces(f, text, 0, piece);
        expect(came == room, "the write says how far it came");
        co_await asks(peer);
        const auto again = co_await pieces(f, text, room, piece);
        expect(again == room, "a full disk stays full, and says that nothing was written");
        expect_equal(co_await f.size(), room, "size of what was written");
    }
    // somebody made room
    came = co_await pieces(f, text, room, piece);
    expect(!came, "with room again the rest is written");
    co_await f.sync();
    co_await f.close();
    const std::string now = co_await fs::read_file(path);
    expect(now == text, "the file is whole");
}

template <class Operation>
task<> fails(const char* what, Operation operation, io_test::tcp_stream& peer) {
    const io_test::small_disk full(room);
    auto doing = coil::spawn(operation());
    co_await asks(peer);
    auto r = co_await coil::as_result(std::move(doing));
    expect(!r.has_value(), std::string(what) + " succeeds");
    if (!r.has_value()) expect(is_full(r.error().code()), std::string(what) + ": " + r.error().message());
}

task<> here(std::size_t piece) {
    const io_test::temporary_folder folder;
    const std::string text = pattern(3 * room);
    io_test::both_ends ends = co_await io_test::connected();
    auto echo = coil::spawn(echoes(std::move(ends.server)));
    auto& peer = ends.client;

    co_await in_pieces(folder / "pieces", text, piece, peer);

    const auto target = folder / "target";
    co_await fs::write_file(target, "old");
    const auto plain = [&]() -> task<> { co_await fs::write_file(folder / "plain", text); };
    const auto durable = [&]() -> task<> { co_await fs::write_file(folder / "durable", text, {.durable = true}); };
    const auto atomic = [&]() -> task<> { co_await fs::atomic_write_file(target, text); };
    const auto copy = [&]() -> task<> { co_await fs::copy_file(folder / "pieces", target); };
    const auto buffered = [&]() -> task<> {
        fs::file f = co_await fs::open(folder / "buffered", fs::mode::write);
        coil::buffered_writer w(f);
        try {
            for (std::size_t at = 0; at < text.size(); at += 1000)
                co_await w.write(coil::byte_view(text.data() + at, 1000));
            co_await w.flush();
        } catch (const coil::transfer_error&) {}
        co_await w.flush();  // the error is kept
    };
    const auto no_room = [&]() -> task<> { co_await fs::write_file("/dev/full", "x"); };
    co_await fails("write_file", plain, peer);
    co_await fails("a durable write_file", durable, peer);
    co_await fails("atomic_write_file", atomic, peer);
    if (std::filesystem::file_size(folder / "pieces") > room) co_await fails("copy_file", copy, peer);
    co_await fails("a buffered writer", buffered, peer);
    co_await fails("a write to /dev/full", no_room, peer);
    for (const char* name : {"plain", "durable", "buffered"})
        expect_equal(std::filesystem::file_size(folder / name), room, std::string("size of ") + name);
    const std::string old = co_await fs::read_file(target);
    expect(old == "old", "what is replaced in one step was not");

    co_await peer.close();
    co_await echo;
}

// ---- simulated: ENOSPC, EIO and errors of closing come when they like

struct tally {
    int full = 0, broken = 0, of_closing = 0, whole = 0, ticks = 0;
};

// Writes one file until it is whole, whatever comes between, from where each error says that it came.
task<> stubborn(int i, tally& t) {
    const std::string text = pattern(5000 + static_cast<std::size_t>(i) * 100);
    const std::string path = "file " + std::to_string(i);
    std::size_t at = 0;
    bool closed = false;
    while (!closed) {
        try {
            fs::file f = co_await fs::open(path, fs::mode::read_write);
            while (at != text.size())
                at += co_await f.write_at(coil::byte_view(text.data() + at, std::min<std::size_t>(700, text.size() - at)), at);
            co_await f.close();
            closed = true;
        } catch (const coil::transfer_error& e) {
            at += e.transferred();
            ++(e.code() == std::errc::no_space_on_device ? t.full : t.broken);
        } catch (const std::system_error& e) {
            // from the making of the file, or from its closing: it is closed all the same
            if (std::string(e.what()).starts_with("close")) ++t.of_closing;
            else ++t.full;
        }
    }
    for (bool read = false; !read;) {
        try {
            const std::string now = co_await fs::read_file(path);
            expect(now == text, path + " is whole");
            read = true;
        } catch (const std::system_error&) {}
    }
    ++t.whole;
}

task<> simulated(tally& t) {
    const auto ticks = [&]() -> task<> {
        for (;;) {
            co_await coil::sleep_for(std::chrono::milliseconds(1));
            ++t.ticks;
        }
    };
    (void)coil::spawn(ticks(), {.daemon = true});
    co_await coil::with_scope([&](coil::scope& s) -> task<> {
        for (int i = 0; i != 20; ++i)
            s.spawn(stubborn(i, t));
        co_return;
    });
    const auto& ring = dynamic_cast<coil::ring::simulated_ring&>(coil::ring::this_io_home->entries);
    expect_equal(ring.open_descriptors(), std::size_t{0}, "descriptors of a simulation");
}

}  // namespace

int main(int argc, char** argv) {
    const bad_day::watchdog awake;
    const bool full = bad_day::is_full(argc, argv);
    const bad_day::open_before descriptors;
    for (const std::size_t piece : {std::size_t{7'000}, std::size_t{1'000'000}})
        coil::run(here(piece));
    descriptors.expect_kept();

    tally t;
    const sim::planned_fault plan[] = {{sim::kind::close, 3, ENOSPC}, {sim::kind::close, 5, EDQUOT}};
    const std::uint64_t seeds = full ? 2000 : 20;
    for (std::uint64_t seed = 0; seed != seeds; ++seed)
        sim::run(seed, simulated(t), {.faults = {.short_writes = 0.2, .disk_full = 0.05, .disk_broken = 0.05, .delays = 0.3}, .plan = plan});
    expect_equal(t.whole, static_cast<int>(20 * seeds), "files of simulations that became whole");
    expect(t.full != 0 && t.broken != 0 && t.of_closing != 0, "there were errors of all kinds");
    expect(t.ticks != 0, "the clock went on");
    return bad_day::verdict();
}
