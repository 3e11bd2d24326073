// SPDX-License-Identifier: BSL-1.0
#include <coil/process/exchange.hpp>

#include <coil/runtime/async/as_result.hpp>
#include <coil/runtime/async/timeout.hpp>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <system_error>

namespace coil::process {

namespace {

constexpr std::size_t least_room = std::size_t{64} << 10;  // what a pipe holds

// A text that is read into at its end: its size is what was read as soon as this is gone, by whatever way.
class growing {
public:
    explicit growing(std::string& text) noexcept : text_(text), used_(text.size()) {}
    growing(const growing&) = delete;
    growing& operator=(const growing&) = delete;
    ~growing() { text_.resize(used_); }

    byte_span room() {
        if (text_.size() - used_ < least_room / 2) text_.resize(std::max(used_ + least_room, 2 * text_.size()));
        return byte_span(text_.data() + used_, text_.size() - used_);
    }
    void filled(std::size_t count) noexcept { used_ += count; }

private:
    std::string& text_;
    std::size_t used_;
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
        growing g(text);
        std::size_t count = 1;
        while (count != 0) {
            const byte_span room = g.room();
            count = co_await out.read(room);
            g.filled(count);
        }
    }
    out.close();
}

task<> collect_rest(pipe_end& out, std::string& text) {
    if (!out.is_open()) co_return;
    growing g(text);
    std::size_t count = 1;
    while (count != 0) {
        const byte_span room = g.room();
        const std::optional<std::size_t> more = co_await move_on_after(nanoseconds::zero(), out.read(room));
        count = more.value_or(0);
        g.filled(count);
    }
}

}  // namespace coil::process
