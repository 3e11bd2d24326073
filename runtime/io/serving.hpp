// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/bracket.hpp>
#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/intrusive_list.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/region.hpp>
#include <coil/runtime/coro/task.hpp>

#include <atomic>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>

namespace coil::net {

class serving;

/// Is a stretch of awaits that ends when a server begins to stop. It lies in the awaiter of `unless_stopping`.
class serving_region final : public region, public list_hook {
public:
    explicit serving_region(serving& s) noexcept : serving_(&s) {}
    serving_region(serving_region&& other) noexcept : serving_region(*other.serving_) {}
    void open(branch& b) noexcept;
    void close() noexcept;
    /// After `close`: it was the server's stop, and none from further out.
    bool ended() const noexcept {
        return stopped.load(std::memory_order_acquire) && !region::reaches_from_outside(*this);
    }

private:
    friend class serving;
    serving* serving_;
    branch* branch_ = nullptr;
};

/// Is the awaiter of `serving::unless_stopping`.
template <attachable Inner>
class [[nodiscard("co_await it")]] unless_stopping_await : public bracket<Inner, serving_region> {
    using base = bracket<Inner, serving_region>;
    using value = kept_value<decltype(std::declval<Inner&>().await_resume())>;

public:
    unless_stopping_await(Inner&& inner, serving& s) : base(std::move(inner), s) {}
    unless_stopping_await(unless_stopping_await&&) = default;

    std::optional<value> await_resume() {
        try {
            const typename base::closing close(*this);
            return std::optional<value>(take_kept(this->inner_));
        } catch (const cancelled&) {
            if (!this->opened_.ended()) throw;
            return std::nullopt;
        }
    }
};

/// Is what a server and its connections know of each other: a handler that takes `(stream, serving&)` gets it.
/// Threads: all from any. Lifetime: outlives every connection of its server.
class serving {
public:
    /// `most` connections at once.
    explicit serving(std::size_t most) noexcept : most_(most) {}
    serving(const serving&) = delete;
    serving& operator=(const serving&) = delete;

    /// True once the server takes no more connections: those that there are finish what they are at, and end.
    bool stopping() const noexcept { return stopping_.load(std::memory_order_acquire); }
    /// Open connections of this loop.
    std::size_t connections() const noexcept;

    /// Awaits something that a stopping server does not wait for: the next request of an idle connection, say.
    /// Completes: with its value; void yields `std::monostate`. Empty once the server stops: what it awaits is then
    /// stopped, as by a deadline. Cancel: as what it awaits.
    template <to_be_awaited A>
    auto unless_stopping(A&& aw, place where = place::current()) {
        return unless_stopping_await<awaiter_of<A>>(as_awaiter(std::forward<A>(aw), where), *this);
    }

    // ---- for the server

    /// Is one connection, as long as it is open.
    class seat {
    public:
        explicit seat(serving& s) noexcept : serving_(&s) { s.enter(); }
        seat(seat&& other) noexcept : serving_(std::exchange(other.serving_, nullptr)) {}
        seat& operator=(seat&&) = delete;
        ~seat() {
            if (serving_ != nullptr) serving_->leave();
        }

    private:
        serving* serving_;
    };
    /// Waits until there may be one connection more. One at a time waits.
    task<> room();
    void begin_stop() noexcept;

private:
    friend class serving_region;
    void enter() noexcept;
    void leave() noexcept;
    void add(serving_region& r) noexcept;
    void remove(serving_region& r) noexcept;

    const std::size_t most_;
    mutable std::mutex lock_;  // guards all below
    std::atomic<bool> stopping_{false};
    std::size_t open_ = 0;
    std::optional<resolver<void>> waiting_;
    intrusive_list<serving_region> regions_;
};

}  // namespace coil::net
