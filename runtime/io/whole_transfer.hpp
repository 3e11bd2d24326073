// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <cstddef>

namespace coil {

/// Is an operation that moves a whole buffer, with as many entries as it takes: it counts what has been moved.
/// Cancel: `cancelled` says how many bytes had been moved by then.
class whole_transfer : public ring::operation {
public:
    bool await_ready() { return size_ == 0 ? refused() || true : operation::await_ready(); }
    int await_resume();

protected:
    whole_transfer(const ring::operation_table& kind, ring::descriptor& d, std::size_t size, place where) noexcept
        : operation(kind, d, where), size_(size) {}
    whole_transfer(whole_transfer&&) = default;
    ~whole_transfer() = default;

    /// Counts what an entry, or a try, has moved; true if there is more to move.
    static bool goes_on(operation& o, int result) noexcept;
    /// What a try comes to: after a part an entry goes on.
    static long tried(operation& o, long result) noexcept;

    std::size_t size() const noexcept { return size_; }
    std::size_t done() const noexcept { return done_; }
    std::size_t left() const noexcept { return size_ - done_; }
    std::size_t value(int) const noexcept { return done_; }

private:
    std::size_t size_;
    std::size_t done_ = 0;
};

}  // namespace coil
