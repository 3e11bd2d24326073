// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/batch.hpp>
#include <coil/process/codec.hpp>
#include <coil/process/function.hpp>
#include <coil/process/pool_options.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/task.hpp>

#include <cstddef>
#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <ranges>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil::process {

class pool_core;
/// Has a pool make the calls of a batch, and waits for them; see `pool_core::carry`.
task<> carry(pool_core& core, batch& b);

/// Is how the call for one item ended.
template <class T>
class outcome {
public:
    using value_type = non_void<T>;
    explicit outcome(std::size_t index) noexcept : index_(index) {}

    /// Which item it was.
    std::size_t index() const noexcept { return index_; }
    bool has_value() const noexcept { return value_.has_value(); }
    explicit operator bool() const noexcept { return has_value(); }
    /// The value, or throws what the call threw.
    value_type& value() & {
        if (error_) std::rethrow_exception(error_);
        return *value_;
    }
    value_type&& value() && {
        if (error_) std::rethrow_exception(error_);
        return *std::move(value_);
    }
    /// The value; undefined if there is none.
    value_type& operator*() noexcept { return *value_; }
    value_type* operator->() noexcept { return &*value_; }
    /// The exception; null if there is a value.
    const std::exception_ptr& error() const noexcept { return error_; }

    /// Reads the value that a worker has written.
    void read(decoder& from) {
        if constexpr (std::is_void_v<T>) value_.emplace();
        else value_.emplace(decode<T>(from));
    }
    void fail(std::exception_ptr e) noexcept {
        value_.reset();
        error_ = std::move(e);
    }

private:
    std::size_t index_;
    std::optional<value_type> value_;
    std::exception_ptr error_;
};

/// Writes what a function takes: one item for one parameter, a tuple's elements for several.
template <auto F, class Item>
void encode_item(encoder& to, const Item& item) {
    if constexpr (signature<F>::count == 1) {
        using only = std::tuple_element_t<0, parameters<F>>;
        if constexpr (std::is_same_v<only, Item>) encode(to, item);
        else encode(to, static_cast<only>(item));
    } else {
        encode(to, std::make_from_tuple<parameters<F>>(item));
    }
}

template <auto F>
class single_batch final : public batch {
public:
    explicit single_batch(parameters<F>&& arguments) noexcept
        : batch(function_object<F>, 1, 1), arguments_(std::move(arguments)), outcome_(0) {}
    void arguments(std::size_t, encoder& to) override { encode(to, arguments_); }
    void accept(std::size_t, decoder& from) override { outcome_.read(from); }
    bool fail(std::size_t, std::exception_ptr e) noexcept override {
        outcome_.fail(std::move(e));
        return false;
    }
    outcome<result_of<F>>& result() noexcept { return outcome_; }

private:
    parameters<F> arguments_;
    outcome<result_of<F>> outcome_;
};

template <auto F>
task<result_of<F>> one_call(std::shared_ptr<pool_core> core, parameters<F> arguments) {
    single_batch<F> b(std::move(arguments));
    co_await carry(*core, b);
    if constexpr (std::is_void_v<result_of<F>>) b.result().value();
    else co_return std::move(b.result().value());
}

/// What `map` yields: a vector of results, or nothing for a function that has none.
template <auto F>
using mapped = std::conditional_t<std::is_void_v<result_of<F>>, void, std::vector<non_void<result_of<F>>>>;

template <auto F, class R>
class map_batch final : public batch {
    using value = non_void<result_of<F>>;
    // in place where values can be made before they are known; vector<bool> cannot be written by parts
    static constexpr bool in_place = std::is_default_constructible_v<value> && std::is_move_assignable_v<value>;
    using slot = std::conditional_t<in_place, value, std::optional<value>>;

public:
    map_batch(const R& items, std::size_t chunk)
        : batch(function_object<F>, std::ranges::size(items), chunk), items_(items), values_(std::ranges::size(items)) {}
    void arguments(std::size_t i, encoder& to) override {
        encode_item<F>(to, std::ranges::begin(items_)[static_cast<std::ranges::range_difference_t<const R>>(i)]);
    }
    void accept(std::size_t i, decoder& from) override {
        if constexpr (!std::is_void_v<result_of<F>>) values_[i] = decode<value>(from);
    }
    bool fail(std::size_t, std::exception_ptr e) noexcept override {
        if (!first_) first_ = std::move(e);
        return true;
    }
    std::vector<value> take() {
        if (first_) std::rethrow_exception(first_);
        if constexpr (in_place) {
            return std::move(values_);
        } else {
            std::vector<value> all;
            all.reserve(values_.size());
            for (auto& v : values_) all.push_back(*std::move(v));
            return all;
        }
    }

private:
    const R& items_;
    std::vector<slot> values_;
    std::exception_ptr first_;
};

template <auto F, class R>
task<mapped<F>> mapped_calls(std::shared_ptr<pool_core> core, R items, map_options options) {
    map_batch<F, std::remove_cvref_t<R>> b(items, options.chunk.value_or(0));
    co_await carry(*core, b);
    auto values = b.take();
    if constexpr (!std::is_void_v<result_of<F>>) co_return values;
}

template <auto F, class R>
class settle_batch final : public batch {
public:
    settle_batch(const R& items, std::size_t chunk)
        : batch(function_object<F>, std::ranges::size(items), chunk), items_(items) {
        for (std::size_t i = 0; i < std::ranges::size(items); ++i) outcomes_.emplace_back(i);
    }
    void arguments(std::size_t i, encoder& to) override {
        encode_item<F>(to, std::ranges::begin(items_)[static_cast<std::ranges::range_difference_t<const R>>(i)]);
    }
    void accept(std::size_t i, decoder& from) override { outcomes_[i].read(from); }
    bool fail(std::size_t i, std::exception_ptr e) noexcept override {
        outcomes_[i].fail(std::move(e));
        return false;
    }
    std::vector<outcome<result_of<F>>> take() noexcept { return std::move(outcomes_); }

private:
    const R& items_;
    std::vector<outcome<result_of<F>>> outcomes_;
};

template <auto F, class R>
task<std::vector<outcome<result_of<F>>>> settled_calls(std::shared_ptr<pool_core> core, R items, map_options options) {
    settle_batch<F, std::remove_cvref_t<R>> b(items, options.chunk.value_or(0));
    co_await carry(*core, b);
    co_return b.take();
}

// Outcomes that nobody has asked for: when there are so many, workers get no more of a stream.
inline constexpr std::size_t most_unheard = 4096;

template <auto F, class Item>
class stream_batch final : public batch {
public:
    stream_batch(std::vector<Item>&& items, std::size_t chunk)
        : batch(function_object<F>, items.size(), chunk), items_(std::move(items)) {}
    void arguments(std::size_t i, encoder& to) override { encode_item<F>(to, items_[i]); }
    void accept(std::size_t i, decoder& from) override {
        outcome<result_of<F>> o(i);
        o.read(from);
        add(std::move(o));
    }
    bool fail(std::size_t i, std::exception_ptr e) noexcept override {
        outcome<result_of<F>> o(i);
        o.fail(std::move(e));
        add(std::move(o));
        return false;
    }
    bool has_news() noexcept override {
        const std::scoped_lock guard(lock_);
        return !ready_.empty();
    }
    bool takes_more() noexcept override {
        const std::scoped_lock guard(lock_);
        return ready_.size() < most_unheard;
    }
    std::optional<outcome<result_of<F>>> take() {
        const std::scoped_lock guard(lock_);
        if (ready_.empty()) return std::nullopt;
        std::optional<outcome<result_of<F>>> o(std::move(ready_.front()));
        ready_.pop_front();
        return o;
    }

private:
    void add(outcome<result_of<F>>&& o) {
        const std::scoped_lock guard(lock_);
        ready_.push_back(std::move(o));
    }
    std::vector<Item> items_;
    spin_lock lock_;
    std::deque<outcome<result_of<F>>> ready_;  // guarded by lock_
};

/// Holds a batch of a stream in its pool until the stream ends, in whatever way.
class stream_guard {
public:
    stream_guard(std::shared_ptr<pool_core> core, std::shared_ptr<batch> b, place where);
    stream_guard(const stream_guard&) = delete;
    stream_guard& operator=(const stream_guard&) = delete;
    ~stream_guard();
    /// Waits for news, or for the end; a stop ends the calls as with `map`.
    task<> attend();

private:
    std::shared_ptr<pool_core> core_;
    std::shared_ptr<batch> batch_;
};

template <auto F, class Item>
async_generator<outcome<result_of<F>>> streamed_calls(std::shared_ptr<pool_core> core, std::vector<Item> items,
                                                      map_options options, place where) {
    const auto b = std::make_shared<stream_batch<F, Item>>(std::move(items), options.chunk.value_or(0));
    stream_guard held(std::move(core), b, where);
    for (;;) {
        co_await held.attend();
        auto next = b->take();
        if (!next) co_return;
        co_yield std::move(*next);
    }
}

}  // namespace coil::process
