// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/io/write_buffer.hpp>

#include <coroutine>
#include <cstddef>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace coil {

/// Is anything with a `write(byte_view)` that writes all of it.
template <class S>
concept byte_sink = requires(S& s, byte_view from) { s.write(from); };

/// Says how a writer buffers.
struct writer_options {
    std::size_t buffer_size = 16384;
};

/// Is the awaiter of a buffered writer's operations: what fits is copied without a suspension; a coroutine, whose frame
/// is recycled, runs only where the stream has to be written to.
template <class Stream>
class [[nodiscard("co_await it")]] buffered_write_await {
public:
    enum class kind : bool { write, flush };
    buffered_write_await(Stream& s, write_buffer& b, kind what, byte_view from, place where) noexcept
        : stream_(&s), buffer_(&b), what_(what), from_(from), where_(where) {}
    buffered_write_await(buffered_write_await&&) = default;

    void attach(branch& b) noexcept { branch_ = &b; }
    bool await_ready() {
        if (branch_->root->stopping.load(std::memory_order_relaxed) == 0 && is_quick()) [[likely]]
            return true;
        writing_.emplace(what_ == kind::write ? write() : flush(), where_);
        writing_->attach(*branch_);
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept { return writing_->await_suspend(h); }
    std::size_t await_resume() {
        if (writing_) writing_->await_resume();
        return from_.size();
    }

private:
    bool is_quick() {
        if (buffer_->problem()) return false;
        return what_ == kind::write ? buffer_->append_all(from_) : buffer_->size() == 0;
    }
    task<> flush() {
        this_task::check_stop();
        buffer_->check();
        std::size_t moved = 0;
        try {
            if (buffer_->size() != 0) co_await stream_->write(buffer_->contents());
            moved = buffer_->size();
        } catch (const cancelled& c) {
            buffer_->drop(c.transferred());
            throw;
        } catch (const transfer_error& e) {
            buffer_->drop(e.transferred());
            buffer_->keep(std::current_exception());
            throw;
        } catch (...) {
            buffer_->keep(std::current_exception());
            throw;
        }
        buffer_->drop(moved);
    }
    task<> write() {
        this_task::check_stop();
        buffer_->check();
        std::size_t taken = 0;
        try {
            while (taken != from_.size()) {
                const byte_view left(from_.data() + taken, from_.size() - taken);
                if (buffer_->size() == 0 && left.size() >= buffer_->block()) {
                    taken += co_await write_through(left);
                } else {
                    taken += buffer_->append_some(left);
                    if (taken != from_.size()) co_await flush();
                }
            }
        } catch (const cancelled& c) {
            throw cancelled(taken + through_);
        }
    }
    // Past the buffer.
    task<std::size_t> write_through(byte_view from) {
        through_ = 0;
        try {
            co_await stream_->write(from);
        } catch (const cancelled& c) {
            through_ = c.transferred();
            throw;
        } catch (...) {
            buffer_->keep(std::current_exception());
            throw;
        }
        co_return from.size();
    }

    Stream* stream_;
    write_buffer* buffer_;
    kind what_;
    byte_view from_;
    place where_;
    std::size_t through_ = 0;  // by a write that was stopped
    branch* branch_ = nullptr;
    std::optional<task_await<void>> writing_;
};

/// Gathers small writes to any stream into large ones: `buffered_writer w{stream};`
/// Shape: refers to a stream that it was given by name, and keeps one that it was given as a temporary. What is written
/// reaches the stream when the buffer is full, and by `flush`: so flush at the end.
/// Errors: those of the stream's `write`; after one the stream has a hole, so every later call throws it again.
/// Cancel: every operation can be stopped, and what had been taken is kept: `cancelled` and `timed_out` of a `write`
/// carry `transferred()`, the bytes taken; a stopped `flush` may be repeated.
/// Threads: one operation at a time. Lifetime: writer and stream stay where they are while an operation is awaited.
/// What was not flushed when it is destroyed is lost, and the log hook told so.
/// Cost: one buffer, allocated by the first write; a write that fits is a copy.
template <class S>
class buffered_writer {
    using stream = std::remove_reference_t<S>;
    static_assert(byte_sink<stream>, "coil: a buffered_writer needs a stream with write(byte_view)");
    using awaiter = buffered_write_await<stream>;

public:
    explicit buffered_writer(S&& s, writer_options o = {}) noexcept
        : stream_(std::forward<S>(s)), buffer_(o.buffer_size) {}

    /// Writes all of `from`. Completes: with its size, once it has been taken; something as large as the buffer goes
    /// past it. Lifetime: `from` lives until it is awaited.
    awaiter write(byte_view from, place where = place::current()) noexcept {
        return {stream_, buffer_, awaiter::kind::write, from, where};
    }
    /// Writes what is in the buffer to the stream. Completes: when the stream has taken it; at once if there is
    /// nothing.
    awaiter flush(place where = place::current()) noexcept {
        return {stream_, buffer_, awaiter::kind::flush, byte_view(), where};
    }
    /// Takes bytes in one piece, whatever the buffer's size: for those who write codecs. They go with the next flush.
    /// Errors: an earlier one; `std::bad_alloc`, and nothing is taken.
    void append(byte_view head, byte_view body) { buffer_.append_whole(head, body); }

    /// Bytes that are not yet written to the stream.
    std::size_t unflushed() const noexcept { return buffer_.size(); }
    std::size_t buffer_size() const noexcept { return buffer_.block(); }
    stream& next_layer() noexcept { return stream_; }

private:
    S stream_;
    write_buffer buffer_;
};

template <class S>
buffered_writer(S&&, writer_options = {}) -> buffered_writer<S>;

}  // namespace coil
