// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/run/work_guard.hpp>

#include <atomic>

namespace coil {

namespace {
std::atomic<long> guards{0};
}

work_guard::work_guard() noexcept { guards.fetch_add(1, std::memory_order_relaxed); }
work_guard::~work_guard() { guards.fetch_sub(1, std::memory_order_relaxed); }
bool work_guard::held() noexcept { return guards.load(std::memory_order_relaxed) != 0; }

}  // namespace coil
