// SPDX-License-Identifier: BSL-1.0
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include <thread>

namespace {
// From here on the C library knows that the process is not one of a single thread, where locks are plain stores.
[[maybe_unused]] const bool several_threads = [] {
    std::thread([] {}).join();
    return true;
}();
}  // namespace
