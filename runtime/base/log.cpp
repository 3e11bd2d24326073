// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/log.hpp>

#include <atomic>
#include <cstdio>

namespace coil {

namespace {
void to_stderr(std::string_view line) noexcept {
    std::fprintf(stderr, "coil: %.*s\n", static_cast<int>(line.size()), line.data());
}
std::atomic<log_hook> current{&to_stderr};
}  // namespace

log_hook set_log_hook(log_hook hook) noexcept { return current.exchange(hook ? hook : &to_stderr); }

void log(std::string_view line) noexcept { current.load(std::memory_order_relaxed)(line); }

}  // namespace coil
