// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/manager_connection.hpp>
#include <coil/process/manager_protocol.hpp>
#include <coil/runtime/coro/task.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace coil::process {

/// Is what proxies have in common. Shape: move-only; each has its own connection; a second operation on one proxy while
/// one is under way waits for it. Cancel: the operation may have happened; its answer is dropped. One that waits (a lock,
/// a queue) is withdrawn, and what it had been given goes back.
class managed {
public:
    explicit managed(manager_connection c) noexcept : connection_(std::move(c)) {}
    void encode(encoder& to) const { connection_.encode(to); }

protected:
    template <class R = void, class... A>
    task<R> ask(manager_op op, const A&... arguments) {
        encoder to = request(op);
        (add(to, arguments), ...);
        return ask_with<R>(connection_, std::move(to));
    }
    /// Values travel as bytes within the message, which the manager keeps as they are.
    template <class T>
    static std::vector<std::byte> packed(const T& value) {
        encoder to;
        process::encode(to, value);
        return to.take_message();
    }
    template <class T>
    static T unpacked(const std::vector<std::byte>& bytes) {
        decoder from(bytes);
        return process::decode<T>(from);
    }
    template <class T>
    static std::optional<T> unpacked_if(const std::optional<std::vector<std::byte>>& bytes) {
        if (!bytes) return std::nullopt;
        return unpacked<T>(*bytes);
    }
    using bytes = std::vector<std::byte>;
    manager_connection connection_;

private:
    template <class A>
    static void add(encoder& to, const A& argument) {
        process::encode(to, argument);
    }
    template <class R>
    static task<R> ask_with(manager_connection& c, encoder to) {
        if constexpr (std::is_void_v<R>) co_await c.ask<void>(to);
        else co_return co_await c.ask<R>(to);
    }
};

/// Stands for a list that a manager keeps. Errors: `std::out_of_range` for an index that is none.
template <class T>
class managed_list : public managed {
public:
    using managed::managed;
    static managed_list decode(decoder& from) { return managed_list(manager_connection::decode(from)); }

    task<> push_back(T v) { return ask(manager_op::push_back, packed(v)); }
    task<T> at(std::size_t i) { return take(ask<bytes>(manager_op::at, std::uint64_t{i})); }
    task<> set(std::size_t i, T v) { return ask(manager_op::set, std::uint64_t{i}, packed(v)); }
    task<T> pop_back() { return take(ask<bytes>(manager_op::pop_back)); }
    task<> insert(std::size_t i, T v) { return ask(manager_op::insert, std::uint64_t{i}, packed(v)); }
    task<> erase(std::size_t i) { return ask(manager_op::erase, std::uint64_t{i}); }
    task<std::uint64_t> size() { return ask<std::uint64_t>(manager_op::size); }
    task<> clear() { return ask(manager_op::clear); }
    /// All of it, as it was at one moment.
    task<std::vector<T>> all() { return take_all(ask<std::vector<bytes>>(manager_op::all)); }

private:
    static task<T> take(task<bytes> answer) {
        const bytes b = co_await std::move(answer);
        co_return unpacked<T>(b);
    }
    static task<std::vector<T>> take_all(task<std::vector<bytes>> answer) {
        const std::vector<bytes> all = co_await std::move(answer);
        std::vector<T> values;
        for (const auto& b : all) values.push_back(unpacked<T>(b));
        co_return values;
    }
};

/// Stands for a dictionary that a manager keeps. Shape: keys are the same if they travel as the same bytes.
template <class K, class V>
class managed_dict : public managed {
public:
    using managed::managed;
    static managed_dict decode(decoder& from) { return managed_dict(manager_connection::decode(from)); }

    task<std::optional<V>> get(K key) { return take(ask<std::optional<bytes>>(manager_op::find, packed(key))); }
    task<> set(K key, V value) { return ask(manager_op::put_entry, packed(key), packed(value)); }
    /// Whether it was there.
    task<bool> erase(K key) { return ask<bool>(manager_op::erase_entry, packed(key)); }
    task<bool> contains(K key) { return ask<bool>(manager_op::has_entry, packed(key)); }
    task<std::uint64_t> size() { return ask<std::uint64_t>(manager_op::size); }
    task<> clear() { return ask(manager_op::clear); }
    /// All of it, as it was at one moment, in no order.
    task<std::vector<std::pair<K, V>>> items() {
        return take_all(ask<std::vector<std::pair<bytes, bytes>>>(manager_op::all));
    }

private:
    static task<std::optional<V>> take(task<std::optional<bytes>> answer) {
        const std::optional<bytes> b = co_await std::move(answer);
        co_return unpacked_if<V>(b);
    }
    static task<std::vector<std::pair<K, V>>> take_all(task<std::vector<std::pair<bytes, bytes>>> answer) {
        const std::vector<std::pair<bytes, bytes>> all = co_await std::move(answer);
        std::vector<std::pair<K, V>> values;
        for (const auto& [k, v] : all) values.emplace_back(unpacked<K>(k), unpacked<V>(v));
        co_return values;
    }
};

/// Stands for one value that a manager keeps; empty until it is set.
template <class T>
class managed_value : public managed {
public:
    using managed::managed;
    static managed_value decode(decoder& from) { return managed_value(manager_connection::decode(from)); }

    task<std::optional<T>> get() { return take(ask<std::optional<bytes>>(manager_op::read)); }
    task<> set(T v) { return ask(manager_op::write, packed(v)); }
    /// Sets it, and yields what it was.
    task<std::optional<T>> exchange(T v) { return take(ask<std::optional<bytes>>(manager_op::exchange, packed(v))); }

private:
    static task<std::optional<T>> take(task<std::optional<bytes>> answer) {
        const std::optional<bytes> b = co_await std::move(answer);
        co_return unpacked_if<T>(b);
    }
};

/// Stands for a set of names, each with a value of a type of its own.
class managed_namespace : public managed {
public:
    using managed::managed;
    static managed_namespace decode(decoder& from) { return managed_namespace(manager_connection::decode(from)); }

    template <class T>
    task<std::optional<T>> get(std::string name) {
        return take<T>(ask<std::optional<bytes>>(manager_op::find, packed(name)));
    }
    template <class T>
    task<> set(std::string name, T value) {
        return ask(manager_op::put_entry, packed(name), packed(value));
    }
    task<bool> erase(std::string name) { return ask<bool>(manager_op::erase_entry, packed(name)); }
    task<bool> contains(std::string name) { return ask<bool>(manager_op::has_entry, packed(name)); }

private:
    template <class T>
    static task<std::optional<T>> take(task<std::optional<bytes>> answer) {
        const std::optional<bytes> b = co_await std::move(answer);
        co_return unpacked_if<T>(b);
    }
};

/// Stands for a lock that a manager keeps. It is held by a proxy, and given back when that is destroyed, or its process
/// dies. Errors: `std::logic_error` for a release by who does not hold it, and for an acquire by who does.
class managed_lock : public managed {
public:
    using managed::managed;
    static managed_lock decode(decoder& from) { return managed_lock(manager_connection::decode(from)); }

    /// Waits in line for it.
    task<> acquire() { return ask(manager_op::acquire); }
    task<bool> try_acquire() { return ask<bool>(manager_op::try_acquire); }
    task<> release() { return ask(manager_op::release); }
    task<bool> is_held() { return ask<bool>(manager_op::is_held); }
};

/// Stands for a queue that a manager keeps.
template <class T>
class managed_queue : public managed {
public:
    using managed::managed;
    static managed_queue decode(decoder& from) { return managed_queue(manager_connection::decode(from)); }

    /// Waits for room; for an element.
    task<> put(T v) { return ask(manager_op::put, packed(v)); }
    task<T> get() { return take(ask<bytes>(manager_op::get)); }
    /// False if there is no room; empty if there is nothing.
    task<bool> try_put(T v) { return ask<bool>(manager_op::try_put, packed(v)); }
    task<std::optional<T>> try_get() { return take_if(ask<std::optional<bytes>>(manager_op::try_get)); }
    task<std::uint64_t> size() { return ask<std::uint64_t>(manager_op::size); }

private:
    static task<T> take(task<bytes> answer) {
        const bytes b = co_await std::move(answer);
        co_return unpacked<T>(b);
    }
    static task<std::optional<T>> take_if(task<std::optional<bytes>> answer) {
        const std::optional<bytes> b = co_await std::move(answer);
        co_return unpacked_if<T>(b);
    }
};

}  // namespace coil::process
