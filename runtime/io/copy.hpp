// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/when_all.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/byte_view.hpp>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

namespace coil {

/// Says how much is copied at most, and how much at a time.
struct copy_options {
    std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();  // bytes; of two directions: of each
    std::size_t buffer = std::size_t{64} * 1024;                      // bytes of memory; of two directions: for each
};

/// How many bytes went from the first stream to the second, and back.
struct copied {
    std::uint64_t there = 0;
    std::uint64_t back = 0;
};

/// Copies what one stream reads to another one, until the first ends or the limit is reached; neither is closed.
/// Shape: anything that has `read(byte_span)` and `write(byte_view)`. Completes: with how many bytes were written.
/// Errors: those of reading and writing. Cancel: `cancelled` and `timed_out` carry `transferred()`, the bytes that were
/// written. Lifetime: the streams outlive it. Cost: one allocation for its frame and one for the buffer.
template <class From, class To>
task<std::uint64_t> copy(From& from, To& to, copy_options options = {}) {
    const std::size_t room = std::max<std::size_t>(options.buffer, 1);
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(room);
    std::uint64_t done = 0;
    try {
        while (done != options.limit) {
            const std::size_t wanted = std::min<std::uint64_t>(room, options.limit - done);
            const std::size_t n = co_await from.read(byte_span(memory.get(), wanted));
            if (n == 0) break;
            co_await to.write(byte_view(memory.get(), n));
            done += n;
        }
    } catch (const cancelled& c) {
        throw cancelled(done + c.transferred());
    }
    co_return done;
}

/// Copies as `copy`, and then tells the second stream's peer that nothing more comes.
template <class From, class To>
task<std::uint64_t> copy_and_end(From& from, To& to, copy_options options) {
    const std::uint64_t done = co_await copy(from, to, options);
    co_await to.shutdown_write();
    co_return done;
}

/// Copies both ways between two streams, as a proxy does: where one side ends, or its limit is reached, the other is
/// told by a half-close, and its answer still travels. Neither is closed.
/// Completes: when both directions have ended, with the bytes of each.
/// Errors: the first failure of either direction; the other is stopped. Cancel: both are stopped and waited for.
/// Lifetime: the streams outlive it. Cost: a buffer and two frames for each direction.
template <class A, class B>
task<copied> copy_bidirectional(A& a, B& b, copy_options options = {}) {
    auto [there, back] = co_await when_all(copy_and_end(a, b, options), copy_and_end(b, a, options));
    co_return copied{.there = there, .back = back};
}

/// Writes a part of a file to a stream: `size` bytes from `offset` on, or as many as there are before the end.
/// Shape: anything that has `write(byte_view)`, and anything that has `read_at(byte_span, offset)`.
/// Completes: with how many bytes were written. Errors, Cancel, Lifetime, Cost: as `copy`; reading what is in memory
/// costs one system call and no suspension.
template <class To, class File>
task<std::uint64_t> send_file(To& to, File& file, std::uint64_t offset = 0,
                              std::uint64_t size = std::numeric_limits<std::uint64_t>::max(),
                              copy_options options = {}) {
    const std::uint64_t most = std::min(size, options.limit);
    const std::size_t room = std::max<std::size_t>(std::min<std::uint64_t>(options.buffer, most), 1);
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(room);
    std::uint64_t done = 0;
    try {
        while (done != most) {
            const std::size_t wanted = std::min<std::uint64_t>(room, most - done);
            const std::size_t n = co_await file.read_at(byte_span(memory.get(), wanted), offset + done);
            if (n != 0) co_await to.write(byte_view(memory.get(), n));
            done += n;
            if (n < wanted) break;  // the end of the file
        }
    } catch (const cancelled& c) {
        throw cancelled(done + c.transferred());
    }
    co_return done;
}

namespace net {
using coil::copy;
using coil::copy_bidirectional;
using coil::send_file;
}  // namespace net

}  // namespace coil
