// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/fallback_request.hpp>

#include <linux/io_uring.h>
#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <cstdint>

struct msghdr;

namespace coil::ring {

// How the fields of an entry are read.

template <class T>
T* at_address(std::uint64_t address) noexcept {
    return reinterpret_cast<T*>(address);
}

inline bool reads(std::uint8_t opcode) noexcept {
    return opcode == IORING_OP_READ || opcode == IORING_OP_READV;
}

// -1: in turn, or the file has no positions.
inline std::int64_t offset_of(const io_uring_sqe& e, const fallback_progress& p) noexcept {
    const auto offset = static_cast<std::int64_t>(e.off);
    return offset < 0 || p.no_offset ? -1 : offset + static_cast<std::int64_t>(p.done);
}

// The memory of a transfer behind its first `done` bytes. From there on so many parts at a time: what moves less than
// everything goes on in any case.
class transfer_parts {
public:
    transfer_parts(const io_uring_sqe& e, std::size_t done) noexcept;
    transfer_parts(const msghdr& message, std::size_t done) noexcept;
    transfer_parts(const transfer_parts&) = delete;
    transfer_parts& operator=(const transfer_parts&) = delete;

    const iovec* begin() const noexcept { return first_; }
    int count() const noexcept { return static_cast<int>(count_); }
    void shorten(std::size_t most) noexcept;

private:
    void copy(const iovec* from, std::size_t count, std::size_t done) noexcept;

    static constexpr std::size_t most_parts = 64;
    const iovec* first_;
    std::size_t count_;
    std::array<iovec, most_parts> own_;
};

// Bytes that the entry is to move.
std::size_t size_of_transfer(const io_uring_sqe& e) noexcept;

}  // namespace coil::ring
