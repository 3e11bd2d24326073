// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/wait_reading.hpp>

#include <thread>

namespace coil {

constinit std::atomic<std::uint32_t> wait_reading::readers_{0};

void wait_reading::await_readers() noexcept {
    while (readers_.load(std::memory_order_seq_cst) != 0)
        std::this_thread::yield();
}

}  // namespace coil
