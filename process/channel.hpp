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

template <class T>
class receiver;
template <class T>
class sender;
template <class Out, class In>
class duplex;

struct channel_options {
    count capacity = 64;    ///< messages that may wait
    std::size_t bytes = 0;  ///< room for them; 0: of their size, of 256 bytes where that is not fixed
};

/// Makes a channel: `auto [a, b] = make_channel<T>()`. What goes in at `a` comes out at `b`.
/// Errors: as of `queue`.
template <class T>
std::pair<sender<T>, receiver<T>> make_channel(channel_options o = {}, place where = place::current());
/// Makes a channel of both ways: the first end sends `Out` and receives `In`, the second the other way round.
template <class Out, class In = Out>
std::pair<duplex<Out, In>, duplex<In, Out>> make_duplex(channel_options o = {}, place where = place::current());

/// Sends into a channel; several processes may have an end each, and what they send is not mixed.
/// Errors: `errc::broken_pipe` once nobody can receive any more, in no process, nor anything on its way to one;
/// `errc::message_size`. Cancel: `cancelled`, nothing was sent. Otherwise as `queue`.
template <class T>
class sender {
public:
    using value_type = T;
    put_await<T> send(const T& v, place where = place::current()) { return {handle_.writes(), v, where}; }
    bool try_send(const T& v) { return process::try_put<T>(handle_.writes(), v); }
    template <class Rep, class Period>
    task<bool> send_for(T v, std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return put_within<T>(handle_.writes(), std::move(v), clamp_duration(d), where);
    }
    void send_blocking(const T& v, place where = place::current()) {
        process::put_blocking<T>(handle_.writes(), v, where);
    }
    /// Ends the channel for all senders.
    void close() noexcept { handle_.writes().messages().close(); }
    /// How many messages wait.
    std::size_t size() const noexcept { return handle_.writes().messages().size(); }
    unsigned deaths() const noexcept { return handle_.shared().deaths(); }

    void encode(encoder& to) const { handle_.encode(to); }
    static sender decode(decoder& from) { return sender(line_handle::decode(from, receiver<T>::shape)); }

private:
    template <class U>
    friend std::pair<sender<U>, receiver<U>> make_channel(channel_options o, place where);
    explicit sender(line_handle h) noexcept : handle_(std::move(h)) {}
    line_handle handle_;
};

/// Receives from a channel; each message goes to one receiver.
/// Shape: the optional is empty at the end: when the channel is closed, or all senders are gone, those included that died
/// and those that were lost on their way; what they had sent comes first. `deaths` tells a death from a farewell.
template <class T>
class receiver {
public:
    using value_type = T;
    get_await<T> receive(place where = place::current()) noexcept { return {handle_.reads(), where}; }
    std::optional<T> try_receive() { return process::try_get<T>(handle_.reads()); }
    template <class Rep, class Period>
    task<std::optional<T>> receive_for(std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return get_within<T>(handle_.reads(), clamp_duration(d), where);
    }
    std::optional<T> receive_blocking(place where = place::current()) {
        return process::get_blocking<T>(handle_.reads(), where);
    }
    std::size_t size() const noexcept { return handle_.reads().messages().size(); }
    unsigned deaths() const noexcept { return handle_.shared().deaths(); }

    void encode(encoder& to) const { handle_.encode(to); }
    static receiver decode(decoder& from) { return receiver(line_handle::decode(from, shape)); }

private:
    template <class U>
    friend std::pair<sender<U>, receiver<U>> make_channel(channel_options o, place where);
    friend sender<T>;
    static constexpr line_handle::shape shape{line_handle::kind::channel, size_on_the_way<T>(), carries_descriptors<T>};
    explicit receiver(line_handle h) noexcept : handle_(std::move(h)) {}
    line_handle handle_;
};

/// Is one end of a channel of both ways.
template <class Out, class In = Out>
class duplex {
public:
    put_await<Out> send(const Out& v, place where = place::current()) { return {handle_.writes(), v, where}; }
    get_await<In> receive(place where = place::current()) noexcept { return {handle_.reads(), where}; }
    bool try_send(const Out& v) { return process::try_put<Out>(handle_.writes(), v); }
    std::optional<In> try_receive() { return process::try_get<In>(handle_.reads()); }
    void send_blocking(const Out& v, place where = place::current()) {
        process::put_blocking<Out>(handle_.writes(), v, where);
    }
    std::optional<In> receive_blocking(place where = place::current()) {
        return process::get_blocking<In>(handle_.reads(), where);
    }
    /// Ends what this end sends.
    void close() noexcept { handle_.writes().messages().close(); }
    unsigned deaths() const noexcept { return handle_.shared().deaths(); }

    void encode(encoder& to) const { handle_.encode(to); }
    static duplex decode(decoder& from) { return duplex(line_handle::decode(from, shape)); }

private:
    template <class A, class B>
    friend std::pair<duplex<A, B>, duplex<B, A>> make_duplex(channel_options o, place where);
    // the same for both ends
    static constexpr line_handle::shape shape{line_handle::kind::both_ways,
                                              size_on_the_way<Out>() ^ size_on_the_way<In>(),
                                              carries_descriptors<Out> || carries_descriptors<In>};
    explicit duplex(line_handle h) noexcept : handle_(std::move(h)) {}
    line_handle handle_;
};

template <class T>
std::pair<sender<T>, receiver<T>> make_channel(channel_options o, place where) {
    line_handle first = line_handle::make(receiver<T>::shape, o.capacity.value(), room_for<T>(), o.bytes, where);
    line_handle second = first.other_end();
    return {sender<T>(std::move(first)), receiver<T>(std::move(second))};
}

template <class Out, class In>
std::pair<duplex<Out, In>, duplex<In, Out>> make_duplex(channel_options o, place where) {
    constexpr std::uint64_t room = room_for<Out>() > room_for<In>() ? room_for<Out>() : room_for<In>();
    line_handle first = line_handle::make(duplex<Out, In>::shape, o.capacity.value(), room, o.bytes, where);
    line_handle second = first.other_end();
    return {duplex<Out, In>(std::move(first)), duplex<In, Out>(std::move(second))};
}

}  // namespace coil::process
