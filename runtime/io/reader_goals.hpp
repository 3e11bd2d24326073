// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/byte_view.hpp>
#include <coil/runtime/io/read_buffer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace coil {

// Each goal says when a buffered reader has what it was asked for, and takes that out of the buffer. `reached` looks,
// again after each read; `room` is where the next read goes, `filled` hears how much came; `take` is called once, and
// throws what is wrong; `give_back` undoes what has been taken, when the wait ended otherwise. Nothing is taken before.

/// Wants something up to a delimiter, which is dropped.
class delimited_goal {
public:
    using value = std::optional<std::string>;
    /// A line: ends in "\n" or "\r\n".
    explicit delimited_goal(std::size_t limit) noexcept : limit_(limit), is_line_(true) {}
    delimited_goal(char delimiter, std::size_t limit) noexcept : character_(delimiter), limit_(limit) {}
    /// Errors: `std::invalid_argument` for an empty delimiter.
    delimited_goal(std::string_view delimiter, std::size_t limit);

    bool reached(const read_buffer& b, bool at_end) noexcept;
    byte_span room(read_buffer& b) const { return b.room(); }
    void filled(read_buffer& b, std::size_t n) const noexcept { b.took(n); }
    void give_back(read_buffer&) const noexcept {}
    value take(read_buffer& b);
    /// The same into a string of the caller's; false at the end.
    bool take_into(read_buffer& b, std::string& to);

private:
    std::size_t delimiter_size() const noexcept { return text_.empty() ? 1 : text_.size(); }
    std::optional<std::string_view> found(const read_buffer& b) const;

    char character_ = '\n';
    std::string_view text_;
    std::size_t limit_;
    std::size_t searched_ = 0;  // without success
    std::size_t at_ = std::string_view::npos;
    bool is_line_ = false;
};

/// Wants a line in a string of the caller's.
class line_into_goal : public delimited_goal {
public:
    using value = bool;
    line_into_goal(std::string& to, std::size_t limit) noexcept : delimited_goal(limit), to_(&to) {}
    bool take(read_buffer& b) { return take_into(b, *to_); }

private:
    std::string* to_;
};

/// Wants some bytes.
class some_goal {
public:
    using value = std::size_t;
    explicit some_goal(byte_span to) noexcept : to_(to) {}

    bool reached(read_buffer& b, bool at_end) noexcept;
    /// The caller's memory at once, if it is not smaller than the buffer.
    byte_span room(read_buffer& b) const { return to_.size() < b.block() ? b.room() : to_; }
    void filled(read_buffer& b, std::size_t n) noexcept;
    void give_back(read_buffer&) const noexcept {}
    value take(read_buffer&) const noexcept { return done_; }

private:
    byte_span to_;
    std::size_t done_ = 0;
};

/// Wants so many bytes.
class exact_goal {
public:
    using value = std::size_t;
    explicit exact_goal(byte_span to) noexcept : to_(to) {}

    bool reached(read_buffer& b, bool at_end) noexcept;
    byte_span room(read_buffer& b) const;
    void filled(read_buffer& b, std::size_t n) noexcept;
    void give_back(read_buffer& b) { b.put_back(to_.data(), done_); }
    value take(read_buffer& b);

private:
    byte_span to_;
    std::size_t done_ = 0;
};

/// Wants to look at so many bytes, or at what is left.
class peek_goal {
public:
    using value = std::string_view;
    explicit peek_goal(std::size_t at_least) noexcept : wanted_(at_least) {}

    bool reached(const read_buffer& b, bool at_end) const noexcept { return b.size() >= wanted_ || at_end; }
    byte_span room(read_buffer& b) const { return b.room(); }
    void filled(read_buffer& b, std::size_t n) const noexcept { b.took(n); }
    void give_back(read_buffer&) const noexcept {}
    value take(const read_buffer& b) const noexcept { return b.contents(); }

private:
    std::size_t wanted_;
};

/// Wants a frame: its size in four bytes, the highest first, and so many bytes.
class frame_goal {
public:
    using value = std::optional<std::string>;
    static constexpr std::size_t head = 4;
    explicit frame_goal(std::size_t limit) noexcept : limit_(limit) {}

    bool reached(const read_buffer& b, bool at_end) const noexcept;
    byte_span room(read_buffer& b) const { return b.room(); }
    void filled(read_buffer& b, std::size_t n) const noexcept { b.took(n); }
    void give_back(read_buffer&) const noexcept {}
    value take(read_buffer& b) const;

private:
    static std::size_t announced(const read_buffer& b) noexcept;
    std::size_t limit_;
};

}  // namespace coil
