// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/bracket.hpp>
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/time_limit.hpp>

#include <chrono>
#include <exception>
#include <optional>
#include <utility>

namespace coil {

/// Is the awaiter of `timeout`.
template <attachable Inner>
class [[nodiscard("co_await it")]] timeout_await : public bracket<Inner, time_limit> {
    using base = bracket<Inner, time_limit>;

public:
    timeout_await(Inner&& inner, nanoseconds d, place where) : base(std::move(inner), d), where_(where) {}
    timeout_await(timeout_await&&) = default;

    decltype(auto) await_resume() {
        try {
            const typename base::closing close(*this);
            return this->inner_.await_resume();
        } catch (const cancelled& c) {
            if (!this->opened_.expired()) throw;
            throw timed_out(c.transferred(), where_);
        }
    }
    auto await_result()
        requires yields_result<Inner>
    {
        using outcome = decltype(this->inner_.await_result());
        try {
            const typename base::closing close(*this);
            return this->inner_.await_result();
        } catch (const cancelled& c) {
            if (!this->opened_.expired()) throw;
            const timed_out late(c.transferred(), where_);
            return outcome(error(late, std::make_exception_ptr(late)));
        }
    }

private:
    place where_;
};

/// Awaits something for at most d. Durations: zero or negative still takes what is ready at once, otherwise gives the
/// others one turn; an enormous one never ends.
/// Completes: when what it awaits has ended, with its value: at the deadline that is stopped, and still waited for.
/// Errors: `timed_out`, if this deadline stopped it and it ended by that; it carries the bytes that had moved. A value or
/// another error wins. Cancel: reaches what it awaits; then `cancelled` wins over `timed_out`.
/// Cost: no frame, no allocation; no timer unless what it awaits really suspends.
template <class Rep, class Period, to_be_awaited A>
auto timeout(std::chrono::duration<Rep, Period> d, A&& aw, place where = place::current()) {
    return timeout_await<awaiter_of<A>>(as_awaiter(std::forward<A>(aw), where), clamp_duration(d), where);
}

/// Is the awaiter of `move_on_after`.
template <attachable Inner>
class [[nodiscard("co_await it")]] move_on_await : public bracket<Inner, time_limit> {
    using base = bracket<Inner, time_limit>;
    using value = kept_value<decltype(std::declval<Inner&>().await_resume())>;

public:
    move_on_await(Inner&& inner, nanoseconds d) : base(std::move(inner), d) {}
    move_on_await(move_on_await&&) = default;

    std::optional<value> await_resume() {
        try {
            const typename base::closing close(*this);
            return std::optional<value>(take_kept(this->inner_));
        } catch (const cancelled&) {
            if (!this->opened_.expired()) throw;
            return std::nullopt;
        }
    }
};

/// Does as `timeout`, but an empty optional says that the deadline came first; void yields `std::monostate`.
template <class Rep, class Period, to_be_awaited A>
auto move_on_after(std::chrono::duration<Rep, Period> d, A&& aw, place where = place::current()) {
    return move_on_await<awaiter_of<A>>(as_awaiter(std::forward<A>(aw), where), clamp_duration(d));
}

}  // namespace coil
