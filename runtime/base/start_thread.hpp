// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/errors.hpp>

#include <system_error>
#include <thread>
#include <utility>

namespace coil {

/// Starts a thread that calls f. Errors: `std::system_error` that says what for: "start a thread that watches others:
/// Resource temporarily unavailable"; the library's own says the second half alone.
template <class F>
std::thread start_thread(const char* which, F f) {
    try {
        return std::thread(std::move(f));
    } catch (const std::system_error& e) {
        throw_errno(e.code().value(), "start a thread that", which);
    }
}

}  // namespace coil
