// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/sync/line_wait.hpp>
#include <coil/sync/shared_item.hpp>
#include <coil/sync/thread_wait.hpp>

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <mutex>
#include <optional>
#include <utility>

namespace coil {

/// Keeps one value that changes, and tells those who watch it: the latest value, not each.
/// Shape: `changed` yields the value as soon as it is one that this watcher has not been given; the first is the
/// initial one. `w.changed()` is for one watcher; with several, each has its own from `w.watcher()`, which begins with
/// the next change.
/// Threads: any. Lifetime: the watch outlives its watchers. Cost: the value is copied outside of the lock; its memory
/// is recycled.
template <class T>
class watch {
public:
    class watcher_type;

    explicit watch(T value) : value_{share(std::move(value)), 1}, line_(lock_, rules, this) {}
    watch(const watch&) = delete;
    watch& operator=(const watch&) = delete;

    void set(T value) {
        shared_item<T> item = share(std::move(value));
        wake_batch wakes;
        const std::scoped_lock guard(lock_);
        value_.item.swap(item);  // the old one dies after the lock is dropped: `item` was declared before
        ++value_.number;
        while (waiter* const w = line_.grant_front(wakes)) numbered_item<T>::of(*w) = value_;
    }
    /// The value at this moment. Looking is not being told: `changed` still yields it.
    T get() const { return *look(); }
    /// Ends it: `changed` yields what was not seen, then nothing.
    void close() noexcept {
        wake_batch wakes;
        const std::scoped_lock guard(lock_);
        closed_ = true;
        while (line_.grant_front(wakes)) {}
    }

    /// Is the awaiter of `changed`.
    class [[nodiscard("co_await it")]] changed_await : public line_wait {
    public:
        changed_await(watch& w, std::atomic<std::uint64_t>& seen, place where) noexcept
            : line_wait(w.line_, where), watch_(&w), seen_(&seen) {}
        changed_await(changed_await&& other) noexcept
            : line_wait(std::move(other)), watch_(other.watch_), seen_(other.seen_) {}
        bool await_ready() noexcept { return refused() || watch_->take(got_, *seen_); }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            got_.number = seen_->load(std::memory_order_relaxed);
            wants = got_.address();
            return line_wait::await_suspend(h);
        }
        std::optional<T> await_resume() {
            settle();
            return received(got_, *seen_);
        }

    private:
        watch* watch_;
        std::atomic<std::uint64_t>* seen_;
        numbered_item<T> got_;
    };
    /// Waits for a value that was not seen, and yields it; nothing once the watch is closed and all was seen.
    /// Cancel: nothing is seen, nothing missed.
    changed_await changed(place where = place::current()) noexcept { return {*this, seen_, where}; }
    std::optional<T> changed_blocking(place where = place::current()) { return wait_blocking(seen_, where); }
    watcher_type watcher() noexcept { return watcher_type(*this); }
    wait_statistics statistics() const noexcept { return line_.statistics(); }

    /// Is one who watches: it has its own notion of what is new.
    class watcher_type {
    public:
        changed_await changed(place where = place::current()) noexcept { return {*from_, seen_, where}; }
        std::optional<T> changed_blocking(place where = place::current()) { return from_->wait_blocking(seen_, where); }
        T get() const { return from_->get(); }
        watcher_type(const watcher_type&) = delete;
        watcher_type& operator=(const watcher_type&) = delete;

    private:
        friend watch;
        explicit watcher_type(watch& w) noexcept : from_(&w) {
            const std::scoped_lock guard(w.lock_);
            seen_.store(w.value_.number, std::memory_order_relaxed);
        }
        watch* from_;
        std::atomic<std::uint64_t> seen_;
    };

private:
    shared_item<T> look() const noexcept {
        const std::scoped_lock guard(lock_);
        return value_.item;
    }
    bool take(numbered_item<T>& to, const std::atomic<std::uint64_t>& seen) noexcept {
        const std::scoped_lock guard(lock_);
        to.number = seen.load(std::memory_order_relaxed);
        return take_locked(to);
    }
    bool take_locked(numbered_item<T>& to) noexcept {
        if (to.number == value_.number) return closed_;
        to = value_;
        return true;
    }
    static std::optional<T> received(numbered_item<T>& got, std::atomic<std::uint64_t>& seen) {
        const shared_item<T> item = std::move(got.item);  // the awaiter may be awaited again
        if (!item) return std::nullopt;
        seen.store(got.number, std::memory_order_relaxed);
        return std::optional<T>(*item);
    }
    std::optional<T> wait_blocking(std::atomic<std::uint64_t>& seen, place where) {
        numbered_item<T> got;
        if (!take(got, seen)) {
            thread_wait me(got.address());
            me.sleep_in(line_, where);
        }
        return received(got, seen);
    }
    static bool arrive(wait_list& l, waiter& w) noexcept {
        watch& self = l.of<watch>();
        numbered_item<T>& to = numbered_item<T>::of(w);
        if (to.number == self.value_.number) return self.closed_;
        return w.takes() && self.take_locked(to);
    }
    static constexpr line_rules rules{"change of a watched value", &arrive, nullptr};

    mutable spin_lock lock_;
    bool closed_ = false;
    numbered_item<T> value_;               // its number grows with each change
    std::atomic<std::uint64_t> seen_{0};   // by `changed` of the watch itself: the number of the value it last yielded
    wait_list line_;
};

}  // namespace coil
