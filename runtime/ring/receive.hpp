// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/chunk.hpp>
#include <coil/runtime/ring/operation.hpp>

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
    ~receive_operation() { drop(); }

    int await_resume();
    /// After a completion that was no error: what was received.
    chunk take(int count) noexcept;

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring& r) noexcept;
    static bool goes_on(operation& o, int result) noexcept;
    static const operation_table table;

    bool has_buffer() const noexcept;
    long receive_now(ring& r) noexcept;
    int take_of_pool() noexcept;
    void ended(long count) noexcept;
    void drop() noexcept;

    // Where the bytes are: in the buffer that the flags name, or in `data_`.
    enum class way : std::uint8_t { picked, watched, received };
    way way_ = way::picked;
    std::uint16_t index_ = 0;
    std::int32_t count_ = 0;       // with way::received
    buffer_pool* pool_ = nullptr;  // of the buffer
    std::byte* data_ = nullptr;
};

}  // namespace coil::ring
