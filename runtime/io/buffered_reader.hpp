// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/read_buffer.hpp>
#include <coil/runtime/io/reader_goals.hpp>

#include <algorithm>
#include <coroutine>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace coil {

/// Is anything with a `read(byte_span)` whose await yields how many bytes came, 0 at the end.
template <class S>
concept byte_source = requires(S& s, byte_span to) {
    { std::declval<await_result_t<decltype(s.read(to))>>() } -> std::convertible_to<std::size_t>;
};

/// Says how a reader buffers.
struct reader_options {
    std::size_t buffer_size = 16384;           // read at once
    std::size_t limit = std::size_t{1} << 20;  // of one line, or of what `read_until` reads
};

/// Is the awaiter of what a buffered reader mostly has already: it takes that without a suspension, and starts a
/// coroutine, whose frame is recycled, only where it has to read.
template <class Stream, class Goal>
class [[nodiscard("co_await it")]] buffered_read_await {
public:
    buffered_read_await(Stream& s, read_buffer& b, Goal goal, place where) noexcept
        : stream_(&s), buffer_(&b), goal_(std::move(goal)), where_(where) {}
    buffered_read_await(buffered_read_await&&) = default;

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready() {
        if (branch_->root->stopping.load(std::memory_order_relaxed) == 0 && goal_.reached(*buffer_, false)) [[likely]]
            return true;
        reading_.emplace(read(), where_);
        reading_->attach(*branch_);
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return reading_->await_suspend(h); }
    typename Goal::value await_resume() {
        if (reading_) reading_->await_resume();
        return goal_.take(*buffer_);
    }

private:
    task<> read() {
        this_task::check_stop();
        bool at_end = false;
        bool reached = goal_.reached(*buffer_, at_end);
        try {
            while (!reached) {
                const byte_span room = goal_.room(*buffer_);
                const std::size_t count = co_await stream_->read(room);
                goal_.filled(*buffer_, count);
                at_end = count == 0;
                reached = goal_.reached(*buffer_, at_end);
            }
        } catch (...) {
            goal_.give_back(*buffer_);
            throw;
        }
    }

    Stream* stream_;
    read_buffer* buffer_;
    Goal goal_;
    place where_;
    branch* branch_ = nullptr;
    std::optional<task_await<void>> reading_;
};

/// Reads lines and pieces out of any stream, in large steps: `buffered_reader r{stream};`
/// Shape: refers to a stream that it was given by name, and keeps one that it was given as a temporary. What it has
/// read ahead is its own: reading from the stream beside it leaves that out.
/// Errors: those of the stream's `read`. One operation at a time, as with the stream.
/// Cancel: every operation can be stopped, and nothing is lost: what it had gathered stays in the buffer, for the next.
/// Lifetime: the reader, and a stream that it refers to, stay where they are while an operation is awaited.
/// Cost: one buffer, allocated by the first read; operations allocate nothing but the strings they give.
template <class S>
class buffered_reader {
    using stream = std::remove_reference_t<S>;
    static_assert(byte_source<stream>, "coil: a buffered_reader needs a stream with read(byte_span)");
    template <class Goal>
    using awaiter = buffered_read_await<stream, Goal>;

public:
    explicit buffered_reader(S&& s, reader_options o = {}) noexcept
        : stream_(std::forward<S>(s)), buffer_(o.buffer_size), limit_(o.limit) {}

    /// Reads a line. Completes: with it, without its "\n" or "\r\n"; empty at the end. What follows the last line end
    /// is a line, if it is not nothing. Errors: `errc::message_size` for a line longer than the limit, of which nothing
    /// is taken then: `read` and `skip` get past it.
    awaiter<delimited_goal> read_line(place where = place::current()) noexcept {
        return {stream_, buffer_, delimited_goal(limit_), where};
    }
    /// The same into a string that is used again: no allocation once it is large enough. Completes: with false at the
    /// end. Lifetime: `to` lives until it is awaited.
    awaiter<line_into_goal> read_line(std::string& to, place where = place::current()) noexcept {
        return {stream_, buffer_, line_into_goal(to, limit_), where};
    }
    /// Reads up to a character. Completes: with what stands before it, and the character is dropped; the rest at the
    /// end of the stream, where there is none; empty at the end. Errors: as `read_line`.
    awaiter<delimited_goal> read_until(char delimiter, place where = place::current()) noexcept {
        return {stream_, buffer_, delimited_goal(delimiter, limit_), where};
    }
    /// The same for several characters in a row. Errors: `std::invalid_argument` if there are none.
    /// Lifetime: the delimiter lives until it is awaited.
    awaiter<delimited_goal> read_until(std::string_view delimiter, place where = place::current()) {
        return {stream_, buffer_, delimited_goal(delimiter, limit_), where};
    }
    /// Reads some bytes, those first that are there. Completes: with how many; with 0 at the end.
    awaiter<some_goal> read(byte_span to, place where = place::current()) noexcept {
        return {stream_, buffer_, some_goal(to), where};
    }
    /// Reads until `to` is full. Completes: with its size. Errors: `transfer_error` with `errc::no_message_available`
    /// (ENODATA) if the stream ends before; the bytes that came stay in the buffer, too.
    awaiter<exact_goal> read_exactly(byte_span to, place where = place::current()) noexcept {
        return {stream_, buffer_, exact_goal(to), where};
    }
    /// Looks ahead. Completes: with all that is in the buffer, at least so many bytes unless the stream ends before;
    /// none of it is taken. Lifetime: what it yields lives until the next call of the reader.
    awaiter<peek_goal> peek(std::size_t at_least = 1, place where = place::current()) noexcept {
        return {stream_, buffer_, peek_goal(at_least), where};
    }
    /// Takes any goal: for those who write codecs.
    template <class Goal>
    awaiter<Goal> read_for(Goal goal, place where = place::current()) noexcept {
        return {stream_, buffer_, std::move(goal), where};
    }

    /// Yields every line that is left. Errors, cancel: as `read_line`; the sequence is over then, the reader is not.
    async_generator<std::string> lines() {
        auto line = co_await read_line();
        while (line) {
            co_yield std::move(*line);
            line = co_await read_line();
        }
    }

    /// What was read ahead; it lives until the next call.
    std::string_view buffered() const noexcept { return buffer_.contents(); }
    /// Drops bytes that were read ahead, at most those.
    void skip(std::size_t count) noexcept { buffer_.drop(std::min(count, buffer_.size())); }
    stream& next_layer() noexcept { return stream_; }

private:
    S stream_;
    read_buffer buffer_;
    std::size_t limit_;
};

template <class S>
buffered_reader(S&&, reader_options = {}) -> buffered_reader<S>;

}  // namespace coil
