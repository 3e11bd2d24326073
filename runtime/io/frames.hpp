// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/buffered_reader.hpp>
#include <coil/runtime/io/buffered_writer.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/reader_goals.hpp>

#include <array>
#include <cstddef>

namespace coil {

/// The most that a frame may hold unless another limit is given.
inline constexpr std::size_t most_in_frame = std::size_t{1} << 20;

/// Reads one frame: its size in four bytes, the highest first, and so many bytes. Completes: with them; empty at the
/// end.
/// Errors: `errc::message_size` if more than `limit` are announced, and `transfer_error` with ENODATA if the stream
/// ends in the middle; nothing is taken then. Cancel: nothing is taken; what came stays in the reader.
template <class S>
auto read_frame(buffered_reader<S>& from, std::size_t limit = most_in_frame, place where = place::current()) {
    return from.read_for(frame_goal(limit), where);
}

/// The four bytes before a frame. Errors: `errc::message_size` for more than they can say.
std::array<std::byte, frame_goal::head> frame_head(std::size_t size);

/// Writes one frame: it is taken whole, and reaches the stream when the writer's buffer is full, or by `flush`.
/// Errors: those of the stream. Cancel: stopped before, it takes nothing; later the frame has been taken, and the next
/// flush goes on: no frame is ever cut. Lifetime: `body` lives until it is awaited.
template <class S>
task<> write_frame(buffered_writer<S>& to, byte_view body) {
    this_task::check_stop();
    const auto head = frame_head(body.size());
    to.append(head, body);
    if (to.unflushed() >= to.buffer_size()) co_await to.flush();
}

/// Writes a line and its "\n"; as `write_frame`.
template <class S>
task<> write_line(buffered_writer<S>& to, byte_view text) {
    this_task::check_stop();
    const byte_view end("\n");
    to.append(text, end);
    if (to.unflushed() >= to.buffer_size()) co_await to.flush();
}

}  // namespace coil
