// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/region.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <coroutine>

namespace coil::ring {

/// Closes a descriptor and waits for it: what is in flight is cancelled first, then the file is closed by an entry.
/// Completes: with 0, or the negative errno that closing brought to light (a late write error, say); the number is free
/// in each case.
/// Cancel: shielded; it is done even in a stopped region.
/// Lifetime: the descriptor is empty from the call on; an operation that is never awaited closes it all the same.
class close_operation : public operation {
public:
    explicit close_operation(descriptor& d, place where = place::current()) noexcept;
    close_operation(close_operation&& other) noexcept;

    ~close_operation();

    bool await_ready() noexcept { return closing_ == nullptr; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    int await_resume();

private:
    friend class descriptor_slot;
    void go_on() noexcept;
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;

    struct shield : region {
        shield() noexcept = default;
        shield(shield&&) noexcept {}
    };

    descriptor_slot* closing_;  // until it is awaited
    ring* keeper_ = nullptr;
    bool given_ = false;  // to the ring, which closes it for certain
    shield shield_;
};

}  // namespace coil::ring
