// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>

#include <cstddef>
#include <string_view>
#include <system_error>

namespace coil {

/// Is thrown by an await in a stopped region. It is no `std::exception`, so that a handler for errors does not swallow it.
class cancelled {
public:
    cancelled() noexcept = default;
    explicit cancelled(std::size_t transferred) noexcept : transferred_(transferred) {}
    /// Bytes that the interrupted operation had moved before it was stopped.
    std::size_t transferred() const noexcept { return transferred_; }

private:
    std::size_t transferred_ = 0;
};

/// Is thrown by `timeout` when its deadline stopped the inner operation. Its code is `errc::timed_out`, its text names the
/// line of the `timeout`.
class timed_out : public std::system_error {
public:
    explicit timed_out(std::size_t transferred = 0, place where = place::current());
    /// Bytes that the interrupted operation had moved before the deadline.
    std::size_t transferred() const noexcept { return transferred_; }

private:
    std::size_t transferred_;
};

/// Throws `std::system_error` with errno's category and "what object" as its text.
[[noreturn]] void throw_errno(int error, std::string_view what, std::string_view object = {});

}  // namespace coil
