// SPDX-License-Identifier: BSL-1.0
#include <coil/process/exchange.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/timeout.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <optional>
#include <system_error>

namespace coil::process {

namespace {

constexpr std::size_t room_bytes = std::size_t{64} << 10;  // what a pipe holds
constexpr std::size_t page_bytes = 4096;

// Where a text is read before it is appended. A string has no room but what it has written zeroes to, so reading into it
// would touch each page twice; and this room is warm. A few are kept, since a fresh one costs a page fault for every page.
std::array<std::atomic<char*>, 4> kept_rooms{};

class reading_room {
public:
    reading_room() {
        for (auto& place : kept_rooms)
            // pairs with the release below: whoever had it has read what was in it
            if ((memory_ = place.exchange(nullptr, std::memory_order_acquire)) != nullptr) return;
        memory_ = new char[room_bytes];
    }
    reading_room(const reading_room&) = delete;
    reading_room& operator=(const reading_room&) = delete;
    ~reading_room() {
        for (auto& place : kept_rooms) {
            char* nothing = nullptr;
            if (place.compare_exchange_strong(nothing, memory_, std::memory_order_release, std::memory_order_relaxed))
                return;
        }
        delete[] memory_;
    }
    byte_span bytes() const noexcept { return byte_span(memory_, room_bytes); }
    void append_to(std::string& text, std::size_t count) const {
        // more than a line or two: there will be as much again
        if (text.capacity() - text.size() < count && count >= page_bytes)
            text.reserve(std::max(text.size() + room_bytes, 2 * text.capacity()));
        text.append(memory_, count);
    }

private:
    char* memory_ = nullptr;
};

bool nobody_reads(const error& e) noexcept {
    return e == std::errc::broken_pipe || e == std::errc::connection_reset;
}

}  // namespace

task<> feed(pipe_end& in, byte_view input) {
    if (!in.is_open()) co_return;
    if (input.size() != 0) {
        const auto written = co_await as_result(in.write(input));
        if (!written && !nobody_reads(written.error())) written.error().rethrow();
    }
    in.close();
}

task<> collect(pipe_end& out, std::string& text) {
    if (!out.is_open()) co_return;
    {
        const reading_room room;
        std::size_t count = 1;
        while (count != 0) {
            count = co_await out.read(room.bytes());
            room.append_to(text, count);
        }
    }
    out.close();
}

task<> collect_rest(pipe_end& out, std::string& text) {
    if (!out.is_open()) co_return;
    const reading_room room;
    std::size_t count = 1;
    while (count != 0) {
        const std::optional<std::size_t> more = co_await move_on_after(nanoseconds::zero(), out.read(room.bytes()));
        count = more.value_or(0);
        room.append_to(text, count);
    }
}

}  // namespace coil::process
