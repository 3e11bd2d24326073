// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

struct io_uring_buf;

namespace coil::ring {

class ring;

/// Is the memory that one ring lends to those who receive: buffers of one size, so that a connection which waits for
/// bytes holds none. Where the ring can, it picks a buffer itself once bytes are there; elsewhere `take` does.
/// Shape: `first` buffers, doubled whenever they are all lent, up to `most`. Memory is touched as it is used.
/// Threads: made, grown and taken from on the ring's thread; `give_back` on any.
/// Lifetime: until the ring has ended and the last buffer is back.
class buffer_pool {
public:
    static constexpr std::size_t buffer_size = std::size_t{16} << 10;
    static constexpr unsigned first = 32;
    static constexpr unsigned most = 1024;
    static constexpr std::uint16_t group = 0;  // the ring's name for it
    static constexpr int none = -1;

    /// Errors: `std::bad_alloc`.
    static buffer_pool* make(ring& owner);

    /// True if the ring picks the buffers.
    bool ring_picks() const noexcept { return offered_ != nullptr; }
    /// A buffer for code that fills it by itself; `none` if all are lent. Only if the ring does not pick them.
    int take() noexcept;
    /// More buffers, after all were lent. False if there are as many as may be.
    bool grow() noexcept;
    /// A buffer that the ring has picked, or `take`, is lent from here on.
    std::byte* lend(unsigned index) noexcept;
    void give_back(unsigned index) noexcept;
    /// The ring ends.
    void leave() noexcept;

    /// How many are lent. For tests.
    unsigned lent() noexcept;
    unsigned size() const noexcept { return size_; }

private:
    buffer_pool() = default;
    ~buffer_pool();
    std::byte* at(unsigned index) const noexcept;
    void add(unsigned index) noexcept;

    static constexpr unsigned blocks_at_most = 8;

    spin_lock lock_;  // guards all but offered_
    io_uring_buf* offered_ = nullptr;
    std::array<std::byte*, blocks_at_most> blocks_{};
    unsigned size_ = 0;
    unsigned lent_ = 0;
    unsigned free_ = 0;  // of `free_list_`
    bool left_ = false;
    std::array<std::uint16_t, most> free_list_;
};

}  // namespace coil::ring
