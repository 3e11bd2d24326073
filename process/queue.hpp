// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/line_handle.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <optional>
#include <utility>

namespace coil::process {

struct queue_options {
    std::size_t bytes = 0;  ///< room for messages; 0: for `maxsize` of their size, of 256 bytes where that is not fixed
};

/// Passes values between tasks and threads of several processes, first in, first out.
/// Shape: at most `maxsize` values, one or more. Trivially copyable values go as their bytes; others by `codec`, or by
/// their own `encode` and `decode`, descriptors included. Move-only; passing it on gives the same queue: everybody may
/// put and get.
/// Completes: at home. A value is got once, by one.
/// Errors: `std::invalid_argument`, with its line, for a `maxsize` of 0, or a negative one; `errc::message_size` for a value that is larger
/// than all the room; `errc::broken_pipe` when putting into a closed queue; `errc::owner_dead` for who would wait although
/// all the other processes are gone, the last of them by death.
/// Cancel: `cancelled`; nothing was put, or got. Threads: any. A process that dies at any point has put its value or not;
/// one that it had got is gone with it.
/// Cost: shared memory, no system call while nobody sleeps; a value is copied in and copied out.
template <class T>
class queue {
public:
    using value_type = T;
    explicit queue(count maxsize, queue_options o = {}, place where = place::current())
        : handle_(line_handle::make(shape, maxsize.value(), room_for<T>(), o.bytes, where)) {}

    put_await<T> put(const T& v, place where = place::current()) { return {handle_.writes(), v, where}; }
    /// An optional that is empty once the queue is closed and drained.
    get_await<T> get(place where = place::current()) noexcept { return {handle_.reads(), where}; }
    /// False if there is no room.
    bool try_put(const T& v) { return process::try_put<T>(handle_.writes(), v); }
    /// Empty if there is nothing.
    std::optional<T> try_get() { return process::try_get<T>(handle_.reads()); }
    /// False if there was no room in time.
    template <class Rep, class Period>
    task<bool> put_for(T v, std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return put_within<T>(handle_.writes(), std::move(v), clamp_duration(d), where);
    }
    /// Empty if there was nothing in time, too.
    template <class Rep, class Period>
    task<std::optional<T>> get_for(std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return get_within<T>(handle_.reads(), clamp_duration(d), where);
    }
    /// For plain threads. Errors: also `errc::resource_deadlock_would_occur` on a thread of coil, where it would sleep.
    void put_blocking(const T& v, place where = place::current()) {
        process::put_blocking<T>(handle_.writes(), v, where);
    }
    std::optional<T> get_blocking(place where = place::current()) {
        return process::get_blocking<T>(handle_.reads(), where);
    }

    /// Nothing can be put any more; what is there can be got.
    void close() noexcept { handle_.writes().messages().close(); }
    bool closed() const noexcept { return handle_.writes().messages().closed(); }
    std::size_t size() const noexcept { return handle_.reads().messages().size(); }
    bool empty() const noexcept { return size() == 0; }
    bool full() const noexcept { return handle_.reads().messages().full(); }
    std::size_t maxsize() const noexcept { return handle_.reads().messages().most(); }
    /// How many processes have the queue, and how many died while they had it.
    unsigned members() const noexcept { return handle_.shared().members(); }
    unsigned deaths() const noexcept { return handle_.shared().deaths(); }

    void encode(encoder& to) const { handle_.encode(to); }
    static queue decode(decoder& from) { return queue(line_handle::decode(from, shape)); }

private:
    static constexpr line_handle::shape shape{line_handle::kind::queue, size_on_the_way<T>(), carries_descriptors<T>};
    explicit queue(line_handle h) noexcept : handle_(std::move(h)) {}
    line_handle handle_;
};

}  // namespace coil::process
