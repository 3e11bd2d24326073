// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/segment.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <new>
#include <type_traits>
#include <utility>

namespace coil::process {

/// Keeps one value for several processes under a lock of its own, in two copies: a process that dies while it writes
/// leaves the old value or the new one.
class shared_value_core {
public:
    void encode(encoder& to) const { segment_->encode(to); }

protected:
    shared_value_core(std::size_t size, const void* first);
    shared_value_core(std::size_t size, decoder& from);
    static segment::shape shape_of(std::size_t size) noexcept;
    // the copy that counts, 0 or 1; under the lock
    std::uint32_t& which() const noexcept { return *reinterpret_cast<std::uint32_t*>(segment_->payload()); }
    std::byte* copy(std::uint32_t which, std::size_t size) const noexcept {
        return segment_->payload() + line + which * whole_lines(size);
    }
    static constexpr std::size_t line = 64;
    static constexpr std::size_t whole_lines(std::size_t size) noexcept { return (size + line - 1) / line * line; }

    segment_ref segment_;
};

/// Is one value that several processes see and change.
/// Shape: trivially copyable, without addresses. Move-only; passing it on gives the same value.
/// Errors: `std::system_error` if there is no memory or descriptor. Threads: any, in any process; each call is one step
/// for all others. Cost: a lock that is held for a few instructions; one descriptor.
template <class T>
    requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>)
class shared_value : public shared_value_core {
public:
    using value_type = T;
    shared_value() : shared_value(T{}) {}
    explicit shared_value(const T& first) : shared_value_core(sizeof(T), &first) {}

    T get() const {
        const segment::hold inside(*segment_, 0);
        return present();
    }
    void set(const T& v) const {
        const segment::hold inside(*segment_, 0);
        replace(v);
    }
    /// Gives f the value to change, in one step for all others, and returns what f returned. f is short and waits for
    /// nothing. Errors: what f throws; the value stays then.
    template <class F>
        requires std::is_invocable_v<F&, T&>
    decltype(auto) update(F&& f) const {
        const segment::hold inside(*segment_, 0);
        T v = present();
        if constexpr (std::is_void_v<std::invoke_result_t<F&, T&>>) {
            std::invoke(f, v);
            replace(v);
        } else {
            decltype(auto) r = std::invoke(f, v);
            replace(v);
            return r;
        }
    }
    /// Sets it, and returns what it was.
    T exchange(const T& v) const {
        const segment::hold inside(*segment_, 0);
        const T before = present();
        replace(v);
        return before;
    }
    template <class U>
    T operator+=(const U& by) const requires requires(T& v) { v += by; } {
        return changed([&](T& v) { v += by; });
    }
    template <class U>
    T operator-=(const U& by) const requires requires(T& v) { v -= by; } {
        return changed([&](T& v) { v -= by; });
    }
    T operator++() const requires requires(T& v) { ++v; } {
        return changed([](T& v) { ++v; });
    }
    T operator--() const requires requires(T& v) { --v; } {
        return changed([](T& v) { --v; });
    }

    static shared_value decode(decoder& from) { return shared_value(from); }

private:
    explicit shared_value(decoder& from) : shared_value_core(sizeof(T), from) {}
    T present() const noexcept {
        alignas(T) std::byte room[sizeof(T)];
        std::memcpy(room, copy(which(), sizeof(T)), sizeof(T));
        return *std::launder(reinterpret_cast<T*>(room));
    }
    void replace(const T& v) const noexcept {
        const std::uint32_t other = which() ^ 1;
        std::memcpy(copy(other, sizeof(T)), &v, sizeof(T));
        // the copy is whole before it counts; a process that is killed here has done all or nothing
        std::atomic_ref(which()).store(other, std::memory_order_release);
    }
    template <class F>
    T changed(F f) const {
        const segment::hold inside(*segment_, 0);
        T v = present();
        f(v);
        replace(v);
        return v;
    }
};

}  // namespace coil::process
