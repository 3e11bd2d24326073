// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/shared_item.hpp>
#include <coil/sync/thread_wait.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace coil {

/// Is thrown by a receiver of a `broadcast` that fell behind: so many items it will never see.
class lagged : public std::runtime_error {
public:
    explicit lagged(std::uint64_t missed)
        : std::runtime_error("a receiver fell behind and missed " + std::to_string(missed) + " items"),
          missed_(missed) {}
    std::uint64_t missed() const noexcept { return missed_; }

private:
    std::uint64_t missed_;
};

/// Sends every item to every receiver; the latest n are kept for those who are behind, and nobody holds up the sender.
/// Shape: a receiver gets what is sent after `subscribe`. One that falls behind by more than n items is told how many
/// it has missed (`lagged`), once, and goes on with the oldest that is kept.
/// Errors: `std::invalid_argument` if n is not positive; `std::logic_error` for a send after `close`.
/// Threads: any; a receiver is one task's or thread's at a time. Lifetime: the broadcast outlives its receivers.
/// Cost: an item is copied for each receiver, outside of the lock; its memory is recycled.
template <class T>
class broadcast {
public:
    explicit broadcast(count kept, place where = place::current())
        : kept_(checked(kept, where)), line_(lock_, rules, this) {}
    broadcast(const broadcast&) = delete;
    broadcast& operator=(const broadcast&) = delete;

    void send(T value, place where = place::current()) {
        shared_item<T> old, item = share(std::move(value));  // freed and made outside of the lock
        {
            wake_batch wakes;
            const std::scoped_lock guard(lock_);
            if (!closed_) [[likely]] {
                shared_item<T>& slot = kept_[sent_ % kept_.size()];
                old = std::exchange(slot, std::move(item));
                ++sent_;
                while (waiter* const w = line_.grant_front(wakes)) numbered_item<T>::of(*w) = {slot, sent_};
                return;
            }
        }
        misuse("send to a closed broadcast", where);
    }
    /// Ends it: receivers get what is left for them, then nothing.
    void close() noexcept {
        wake_batch wakes;
        const std::scoped_lock guard(lock_);
        closed_ = true;
        while (line_.grant_front(wakes)) {}
    }

    /// Gets what a broadcast sends.
    class receiver {
    public:
        /// Is the awaiter of `next`.
        class [[nodiscard("co_await it")]] next_await : public line_wait {
        public:
            next_await(receiver& r, place where) noexcept : line_wait(r.from_->line_, where), receiver_(&r) {}
            next_await(next_await&& other) noexcept : line_wait(std::move(other)), receiver_(other.receiver_) {}
            bool await_ready() noexcept { return refused() || receiver_->take(got_); }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
                got_.number = receiver_->next_;
                wants = got_.address();
                return line_wait::await_suspend(h);
            }
            std::optional<T> await_resume() {
                settle();
                return receiver_->received(got_);
            }

        private:
            receiver* receiver_;
            numbered_item<T> got_;
        };
        /// Gets the next item; nothing once the broadcast is closed and all was got.
        /// Errors: `lagged` if items were missed. Cancel: has got nothing, and misses nothing.
        next_await next(place where = place::current()) noexcept { return {*this, where}; }
        std::optional<T> next_blocking(place where = place::current()) {
            numbered_item<T> got;
            if (!take(got)) {
                got.number = next_;
                thread_wait me(got.address());
                me.sleep_in(from_->line_, where);
            }
            return received(got);
        }
        /// The next item if there is one.
        std::optional<T> try_next() {
            numbered_item<T> got;
            return take(got) ? received(got) : std::nullopt;
        }

    private:
        friend broadcast;
        receiver(broadcast& b, std::uint64_t next) noexcept : from_(&b), next_(next) {}
        bool take(numbered_item<T>& to) noexcept {
            const std::scoped_lock guard(from_->lock_);
            to.number = next_;
            return from_->take(to);
        }
        std::optional<T> received(numbered_item<T>& got) {
            const shared_item<T> item = std::move(got.item);  // the awaiter may be awaited again
            if (!item) return std::nullopt;
            const std::uint64_t missed = got.number - 1 - next_;
            if (missed != 0) [[unlikely]] {
                next_ += missed;  // what was got is still there, or the next is as good
                throw lagged(missed);
            }
            next_ = got.number;
            return std::optional<T>(*item);
        }
        broadcast* from_;
        std::uint64_t next_;
    };
    [[nodiscard]] receiver subscribe() noexcept {
        const std::scoped_lock guard(lock_);
        return receiver(*this, sent_);
    }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

private:
    static std::size_t checked(count n, place where) {
        if (n.value() == 0) bad_argument("a broadcast keeps one item at least", where);
        return n.value();
    }
    // Under the lock. `number` is that of the item wanted; it becomes one more than that of the item found.
    bool take(numbered_item<T>& to) noexcept {
        if (to.number == sent_) return closed_;
        const std::uint64_t oldest = sent_ > kept_.size() ? sent_ - kept_.size() : 0;
        const std::uint64_t at = to.number < oldest ? oldest : to.number;
        to.item = kept_[at % kept_.size()];
        to.number = at + 1;
        return true;
    }
    static bool arrive(wait_list& l, waiter& w) noexcept {
        broadcast& self = l.of<broadcast>();
        numbered_item<T>& to = numbered_item<T>::of(w);
        if (to.number == self.sent_) return self.closed_;
        return w.takes() && self.take(to);
    }
    static constexpr line_rules rules{"broadcast's next item", &arrive, nullptr};

    mutable spin_lock lock_;
    bool closed_ = false;
    std::vector<shared_item<T>> kept_;
    std::uint64_t sent_ = 0;
    wait_list line_;
};

}  // namespace coil
