// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/ring/plain_operations.hpp>

namespace coil {

/// Is the awaiter of `readable` and `writable`.
class [[nodiscard("co_await it")]] ready_await : public fallible<ready_await, ring::poll_operation, void> {
public:
    static constexpr bool selectable = true;
    enum class side : bool { readable, writable };
    ready_await(int fd, side what, place where) noexcept;
    ready_await(ring::descriptor& d, side what, place where) noexcept;

private:
    friend fallible;
    error failure(int error) const;
    int number_;
    side side_;
};

/// Waits until a descriptor can be read, or is at its end or broken (the read will tell); consumes nothing.
/// Shape: what never waits (a file, a directory) is ready at once. Errors: "readable fd 7: Bad file descriptor".
/// Cancel: `cancelled`; what had become ready is ready. Lifetime: the descriptor stays the caller's; closing its number
/// meanwhile does not end the wait. Cost: one entry, no allocation.
inline ready_await readable(int fd, place where = place::current()) noexcept {
    return {fd, ready_await::side::readable, where};
}
/// Waits until a descriptor can be written to, or is broken; consumes nothing. As `readable`.
inline ready_await writable(int fd, place where = place::current()) noexcept {
    return {fd, ready_await::side::writable, where};
}

}  // namespace coil
