// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/bracket.hpp>
#include <coil/runtime/coro/region.hpp>

#include <utility>

namespace coil {

/// Is a region that stops from further out do not reach.
class shielded_region : region {
public:
    shielded_region() noexcept = default;
    shielded_region(shielded_region&&) noexcept : shielded_region() {}

    void open(branch& b) noexcept {
        outer = b.innermost;
        shielded = true;
        branch_ = &b;
        b.innermost = this;
    }
    void close() noexcept { branch_->innermost = outer; }

private:
    branch* branch_ = nullptr;
};

/// Is the awaiter of `shield`.
template <attachable Inner>
class [[nodiscard("co_await it")]] shield_await : public bracket<Inner, shielded_region> {
    using base = bracket<Inner, shielded_region>;

public:
    explicit shield_await(Inner&& inner) : base(std::move(inner)) {}
    shield_await(shield_await&&) = default;

    decltype(auto) await_resume() {
        const typename base::closing close(*this);
        return this->inner_.await_resume();
    }
    auto await_result()
        requires yields_result<Inner>
    {
        const typename base::closing close(*this);
        return this->inner_.await_result();
    }
};

/// Awaits something that is not to be stopped from outside, also in a branch that is stopped already.
/// Completes: when what it awaits has ended. Cancel: none here; the next await outside of the shield is stopped.
/// Cost: no frame, no allocation.
template <to_be_awaited A>
auto shield(A&& aw, place where = place::current()) {
    return shield_await<awaiter_of<A>>(as_awaiter(std::forward<A>(aw), where));
}

}  // namespace coil
