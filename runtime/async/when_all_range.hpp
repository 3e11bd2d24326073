// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/async/lift.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/join.hpp>
#include <coil/runtime/coro/task.hpp>

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <deque>
#include <limits>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil {

/// How `when_all` runs a range. 0: all at once. Errors: `std::invalid_argument` for a negative number.
struct when_all_options {
    count max_in_flight = 0;
};

/// Is an array of fork slots in recycled memory.
class fork_slots {
public:
    explicit fork_slots(std::size_t count) : count_(count) {
        if (count > std::numeric_limits<std::uint32_t>::max())
            throw std::length_error("when_all: more children than 2^32");
        if (count == 0) return;
        slots_ = static_cast<fork_slot*>(allocate_frame(bytes()));
        std::uninitialized_default_construct_n(slots_, count);
    }
    fork_slots(fork_slots&& other) noexcept
        : slots_(std::exchange(other.slots_, nullptr)), count_(std::exchange(other.count_, 0)) {}
    fork_slots& operator=(fork_slots&&) = delete;
    ~fork_slots() {
        if (slots_) free_frame(slots_, bytes());
    }
    fork_slot* begin() const noexcept { return slots_; }
    std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(count_); }
    fork_slot& operator[](std::size_t i) const noexcept { return slots_[i]; }

private:
    static_assert(std::is_trivially_destructible_v<fork_slot> && alignof(fork_slot) <= 16);
    std::size_t bytes() const noexcept { return count_ * sizeof(fork_slot); }
    fork_slot* slots_ = nullptr;
    std::size_t count_;
};

/// Is the awaiter of `when_all(range)` with all children in flight at once. It owns their frames.
template <class T>
class [[nodiscard("co_await it")]] when_all_range_await {
public:
    using values = std::conditional_t<std::is_void_v<T>, void, std::vector<kept_value<T>>>;

    when_all_range_await(std::vector<task<T>>&& children, place where) : slots_(children.size()) {
        for (const task<T>& t : children)
            if (!t) misuse("this task was awaited, spawned or moved from before", where);
        for (task<T>& t : children)
            slots_[frames_++].handle = t.release();
        children.clear();
    }
    when_all_range_await(when_all_range_await&& other) noexcept
        : slots_(std::move(other.slots_)), frames_(std::exchange(other.frames_, 0)) {}
    ~when_all_range_await() { destroy(); }

    void attach(branch& b) noexcept { parent_ = &b; }
    bool await_ready() noexcept {
        stopped_ = parent_->root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(parent_->innermost);
        return stopped_ || frames_ == 0;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        forked_ = true;
        return transfer(group_.fork(slots_.begin(), frames_, *parent_, h));
    }
    values await_resume() {
        if (stopped_) throw cancelled();
        if (forked_) group_.close();
        bool all_have_values = true;
        for (std::uint32_t i = 0; i != frames_; ++i)
            all_have_values &= child(i).how() == promise_base::outcome::value;
        if (!all_have_values) [[unlikely]]
            failed();
        if constexpr (!std::is_void_v<T>) {
            values out;
            out.reserve(frames_);
            for (std::uint32_t i = 0; i != frames_; ++i)
                out.push_back(child(i).take());
            destroy();
            return out;
        } else {
            destroy();
        }
    }

private:
    promise<T>& child(std::uint32_t i) noexcept { return static_cast<promise<T>&>(promise_base::of(slots_[i].handle)); }
    [[noreturn]] void failed() {
        first_failure first(group_.first(), parent_->root);
        for (std::uint32_t i = 0; i != frames_; ++i)
            first.look_at(child(i));
        destroy();
        first.rethrow();
    }
    void destroy() noexcept {
        for (std::uint32_t n = std::exchange(frames_, 0); n != 0; --n)
            slots_[n - 1].handle.destroy();
    }

    fork_slots slots_;
    join group_{join::rule::all};
    branch* parent_ = nullptr;
    std::uint32_t frames_ = 0;  // that are still ours to destroy
    bool forked_ = false;
    bool stopped_ = false;
};

/// Is a range whose elements are run by several lines, each of which takes the next one when it has ended one.
template <class Range>
class taken_in_turn {
    using child = decltype(as_task(std::declval<std::ranges::range_rvalue_reference_t<Range>>()));
    using result = typename child::value_type;
    using value = kept_value<result>;

public:
    explicit taken_in_turn(Range& r) : at_(std::ranges::begin(r)), end_(std::ranges::end(r)) {}

    /// Is one line. Stopped between two elements, it begins no further one.
    task<> run() {
        for (;;) {
            std::optional<value>* into = nullptr;
            auto next = take(into);
            if (!next) co_return;
            if constexpr (std::is_void_v<result>) co_await std::move(*next);
            else into->emplace(co_await std::move(*next));
        }
    }
    std::vector<value> values() {
        std::vector<value> out;
        out.reserve(values_.size());
        for (auto& v : values_)
            out.push_back(*std::move(v));
        values_.clear();
        return out;
    }

private:
    std::optional<child> take(std::optional<value>*& into) {
        // a mutex, not a spin lock: the range may compute its elements
        const std::scoped_lock guard(mutex_);
        const branch& b = *this_thread.current;
        if (b.root->stopping.load(std::memory_order_relaxed) != 0 && region::reaches(b.innermost)) throw cancelled();
        if (at_ == end_) return std::nullopt;
        if constexpr (!std::is_void_v<result>) into = &values_.emplace_back();
        std::optional<child> next(as_task(std::ranges::iter_move(at_)));
        ++at_;
        return next;
    }

    std::mutex mutex_;
    std::ranges::iterator_t<Range> at_;
    std::ranges::sentinel_t<Range> end_;
    std::deque<std::optional<value>> values_;  // a deque: it grows while others write into theirs
};

template <class Range>
using range_child = decltype(as_task(std::declval<std::ranges::range_rvalue_reference_t<Range>>()));
template <class T>
using range_values = std::conditional_t<std::is_void_v<T>, void, std::vector<kept_value<T>>>;

/// Is the coroutine behind `when_all(range)`; the range lives in its frame.
template <class Range, class T = typename range_child<Range>::value_type>
task<range_values<T>> run_range(Range range, std::size_t max_in_flight, place where) {
    std::size_t at_once = max_in_flight == 0 ? std::numeric_limits<std::size_t>::max() : max_in_flight;
    if constexpr (std::ranges::sized_range<Range>) {
        const auto size = static_cast<std::size_t>(std::ranges::size(range));
        if (size <= at_once) at_once = std::numeric_limits<std::size_t>::max();
    }
    if (at_once == std::numeric_limits<std::size_t>::max()) {
        std::vector<task<T>> children;
        if constexpr (std::ranges::sized_range<Range>) children.reserve(std::ranges::size(range));
        const auto end = std::ranges::end(range);
        for (auto at = std::ranges::begin(range); at != end; ++at)
            children.push_back(as_task(std::ranges::iter_move(at)));
        co_return co_await when_all_range_await<T>(std::move(children), where);
    }
    constexpr std::size_t most_lines = std::size_t{1} << 20;
    at_once = std::min(at_once, most_lines);
    taken_in_turn<Range> elements(range);
    std::vector<task<>> lines;
    lines.reserve(at_once);
    for (std::size_t i = 0; i != at_once; ++i)
        lines.push_back(elements.run());
    co_await when_all_range_await<void>(std::move(lines), where);
    if constexpr (!std::is_void_v<T>) co_return elements.values();
}

/// Runs a range of awaitables at once and waits for all of them.
/// Shape: the range is consumed: moved in, its elements moved out. With `.max_in_flight` at most so many run at a time,
/// begun in order, and an element is taken from the range only when its turn comes: a lazy range makes it then.
/// Completes: with a vector of the values in the order of the range; a range of void yields nothing.
/// Errors: the first failure in time stops the others and is thrown; later ones go to the log hook.
/// Cancel: stops what is in flight and waits for it; an element that nobody has begun is not begun.
/// Cost: 64 recycled bytes a child in flight beside its frame, and the vector of the values; for a range that is not a
/// vector of tasks, or with `.max_in_flight`, one coroutine and its own vector besides.
template <std::ranges::input_range Range>
    requires(!awaitable<Range> && awaitable<std::ranges::range_rvalue_reference_t<Range>>)
auto when_all(Range&& range, when_all_options options, place where = place::current()) {
    static_assert(!std::is_lvalue_reference_v<Range>, "coil::when_all consumes the range: pass std::move(range)");
    return run_range<std::remove_cvref_t<Range>>(std::forward<Range>(range), options.max_in_flight.value(), where);
}
template <std::ranges::input_range Range>
    requires(!awaitable<Range> && awaitable<std::ranges::range_rvalue_reference_t<Range>>)
auto when_all(Range&& range, place where = place::current()) {
    return when_all(std::forward<Range>(range), when_all_options(), where);
}
template <class T>
when_all_range_await<T> when_all(std::vector<task<T>>&& children, place where = place::current()) {
    return {std::move(children), where};
}

}  // namespace coil
