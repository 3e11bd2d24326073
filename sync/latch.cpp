// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/latch.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>

namespace coil {

void latch::count_down(count by, place where) {
    const std::uint64_t n = by.value();
    std::uint64_t found = left_to_count_.load(std::memory_order_relaxed);
    while (found > n)
        if (replace(left_to_count_, found, found - n)) return;
    if (n == 0) return;
    std::unique_lock held(lock_);
    found = left_to_count_.load(std::memory_order_relaxed);
    do {
        if (n > found) {
            held.unlock();
            misuse("a latch was counted down below zero", where);
        }
    } while (!replace(left_to_count_, found, found - n));
    if (found == n) line_.grant_all(held);
}

void latch::wait_blocking(place where) {
    if (try_wait()) return;
    thread_wait w;
    w.sleep_in(line_, where);
}

}  // namespace coil
