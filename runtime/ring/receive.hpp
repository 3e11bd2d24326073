// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/chunk.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <linux/io_uring.h>

#include <cstddef>
#include <cstdint>

namespace coil::ring {

class buffer_pool;

/// Receives some bytes into a buffer of the ring's pool, which is chosen when there are some: how many, 0 at the end, and
/// the buffer. While it waits it holds no memory but its own.
/// Shape: a ring that picks buffers gets one entry; when all are lent there are more of them, and beyond `most` bytes
/// are waited for with a poll, as on a ring that picks none, and received into memory of the chunk's own.
class receive_operation : public operation {
public:
    explicit receive_operation(descriptor& d, place where = place::current()) noexcept : operation(table, d, where) {}
    receive_operation(receive_operation&& other) noexcept : operation(std::move(other)) {}
    ~receive_operation() {
        if (has_bytes()) drop();
    }

    int await_resume() { return result(); }
    /// After a completion that was no error: what was received.
    chunk take(int count) noexcept;

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const operation_table table;

    long receive_now(ring& r, buffer_pool* pool) noexcept;
    bool has_bytes() const noexcept;
    void drop() noexcept;

    // It has no members: a connection that waits for bytes is to be small. A buffer is named by the flags, as the
    // kernel tells it.
    static constexpr std::uint8_t watched = of_kind;          // its entries are polls
    static constexpr std::uint8_t received = second_of_kind;  // by a call: `kept` points to the bytes
};

inline bool receive_operation::has_bytes() const noexcept {
    return (flags() & IORING_CQE_F_BUFFER) != 0 || is_odd(received);
}

}  // namespace coil::ring
