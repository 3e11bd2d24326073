// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/line_end.hpp>
#include <coil/process/packed.hpp>
#include <coil/process/segment.hpp>
#include <coil/runtime/async/timeout.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

namespace coil::process {

/// Is one handle of lines that processes share: it counts among those who write, or read, until it goes.
class line_handle {
public:
    enum class kind : std::uint32_t { queue = 10, channel = 11, both_ways = 12 };
    struct shape {
        kind what;
        std::uint32_t detail;  // the sizes of what is sent
        bool descriptors;
    };
    line_handle(line_handle&&) noexcept = default;
    line_handle& operator=(line_handle&& other) noexcept;
    ~line_handle() { lay_down(); }

    segment& shared() const noexcept { return *segment_; }
    /// The line that this handle writes, and the one that it reads.
    line writes() const noexcept;
    line reads() const noexcept;
    void encode(encoder& to) const;
    static line_handle decode(decoder& from, const shape& s);
    /// Makes the object; the second handle has the other end.
    static line_handle make(const shape& s, std::uint64_t most, std::uint64_t message, std::uint64_t bytes,
                            place where = place::current());
    line_handle other_end() const;

private:
    line_handle(segment_ref s, const shape& what, segment::roles has) noexcept
        : segment_(std::move(s)), shape_(what), roles_(has) {}
    void lay_down() noexcept;
    static segment::shape shape_of(const shape& s, std::size_t payload) noexcept;

    segment_ref segment_;
    shape shape_;
    segment::roles roles_;
    // Of the descriptors: line 0, and line 1 where there is one.
    ring::descriptor sends_[2], receives_[2];
};

/// Is the awaiter of `put` and `send`.
template <class T>
class [[nodiscard("co_await it")]] put_await : public put_operation {
public:
    put_await(const line& l, const T& v, place where) : put_operation(l, where), packed_(v) {}
    bool await_ready() { return ready(packed_.bytes(), packed_.numbers()); }
    void await_resume() { finish_put(); }

private:
    packed<T> packed_;
};

/// Is the awaiter of `get` and `receive`.
template <class T>
class [[nodiscard("co_await it")]] get_await : public get_operation {
public:
    get_await(const line& l, place where) noexcept : get_operation(l, where) {}
    bool await_ready() { return ready(target_of(unpacked_)); }
    std::optional<T> await_resume() {
        if (!finish_get()) return std::nullopt;
        return unpacked_.take_if();
    }
    static getting::target target_of(unpacked<T>& u) noexcept {
        return {[](void* c, std::size_t n) -> std::span<std::byte> { return static_cast<unpacked<T>*>(c)->room(n); },
                [](void* c) noexcept { return &static_cast<unpacked<T>*>(c)->descriptors(); }, &u};
    }

private:
    unpacked<T> unpacked_;
};

template <class T>
bool try_put(const line& l, const T& v) {
    const packed<T> p(v);
    return try_put(l, p.bytes(), p.numbers());
}
template <class T>
void put_blocking(const line& l, const T& v, place where) {
    const packed<T> p(v);
    put_blocking(l, p.bytes(), p.numbers(), where);
}
template <class T>
std::optional<T> try_get(const line& l) {
    unpacked<T> u;
    if (!try_get(l, get_await<T>::target_of(u))) return std::nullopt;
    return u.take_if();
}
template <class T>
std::optional<T> get_blocking(const line& l, place where) {
    unpacked<T> u;
    if (!get_blocking(l, get_await<T>::target_of(u), where)) return std::nullopt;
    return u.take_if();
}
template <class T>
task<bool> put_within(line l, T v, nanoseconds d, place where) {
    auto done = co_await move_on_after(d, put_await<T>(l, v, where), where);
    co_return done.has_value();
}
template <class T>
task<std::optional<T>> get_within(line l, nanoseconds d, place where) {
    auto got = co_await move_on_after(d, get_await<T>(l, where), where);
    if (!got) co_return std::nullopt;
    co_return std::move(*got);
}

template <class T>
constexpr std::uint32_t size_on_the_way() noexcept {
    if constexpr (packs_as_bytes<T>) return static_cast<std::uint32_t>(sizeof(T));
    else return 0;
}
/// What a message takes that says nothing of its size.
inline constexpr std::uint64_t usual_message = 256;
template <class T>
constexpr std::uint64_t room_for() noexcept {
    return packs_as_bytes<T> ? sizeof(T) : usual_message;
}

}  // namespace coil::process
