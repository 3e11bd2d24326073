// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <cstdint>

namespace coil {

/// Says, while it lives, that suspensions of other threads are being looked at, for a report: what they wait for does not
/// die. A source of waits asks for the end of that before it goes.
///
/// Whoever looks says so first, and then asks a wait whether it is still waiting; who ends a wait does that first, and
/// lets the source die afterwards, which looks here. All in one order: one of the two sees the other.
class wait_reading {
public:
    wait_reading() noexcept { readers_.fetch_add(1, std::memory_order_seq_cst); }
    ~wait_reading() { readers_.fetch_sub(1, std::memory_order_seq_cst); }
    wait_reading(const wait_reading&) = delete;
    wait_reading& operator=(const wait_reading&) = delete;

    /// Cost: one load, as long as nobody looks.
    static void await_end() noexcept {
        if (readers_.load(std::memory_order_seq_cst) != 0) [[unlikely]]
            await_readers();
    }

private:
    static void await_readers() noexcept;
    static constinit std::atomic<std::uint32_t> readers_;
};

}  // namespace coil
