// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/reader_goals.hpp>

#include <coil/runtime/io/transfer_error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace coil {

namespace {

[[noreturn]] void refuse_length(std::string_view operation, const std::string& what, std::size_t limit) {
    operation_error(EMSGSIZE, operation, what + std::to_string(limit) + " bytes").rethrow();
}

}  // namespace

// ---- up to a delimiter

delimited_goal::delimited_goal(std::string_view delimiter, std::size_t limit) : text_(delimiter), limit_(limit) {
    if (delimiter.empty()) throw std::invalid_argument("coil: read_until needs a delimiter");
}

bool delimited_goal::reached(const read_buffer& b, bool at_end) noexcept {
    const std::string_view bytes = b.contents();
    at_ = text_.empty() ? bytes.find(character_, searched_) : bytes.find(text_, searched_);
    if (at_ != bytes.npos || at_end) return true;
    // a delimiter may have begun
    searched_ = bytes.size() - std::min(bytes.size(), delimiter_size() - 1);
    return searched_ > limit_ && searched_ - limit_ > 1;  // a "\r" may belong to the end of the line
}

// Empty at the end.
std::optional<std::string_view> delimited_goal::found(const read_buffer& b) const {
    std::string_view text = b.contents();
    if (at_ == text.npos && text.empty()) return std::nullopt;
    text = text.substr(0, at_);
    if (is_line_ && at_ != text.npos && text.ends_with('\r')) text.remove_suffix(1);
    if (text.size() > limit_)
        refuse_length(is_line_ ? "read_line" : "read_until",
                      is_line_ ? "of a line of more than " : "of something that does not end after ", limit_);
    return text;
}

delimited_goal::value delimited_goal::take(read_buffer& b) {
    const auto text = found(b);
    if (!text) return std::nullopt;
    value taken(std::in_place, *text);
    b.drop(std::min(b.size(), at_ == text->npos ? b.size() : at_ + delimiter_size()));
    return taken;
}

bool delimited_goal::take_into(read_buffer& b, std::string& to) {
    const auto text = found(b);
    if (!text) {
        to.clear();
        return false;
    }
    to.assign(*text);
    b.drop(std::min(b.size(), at_ == text->npos ? b.size() : at_ + delimiter_size()));
    return true;
}

// ---- some bytes

bool some_goal::reached(read_buffer& b, bool at_end) noexcept {
    if (done_ == 0 && b.size() != 0) {
        done_ = std::min(to_.size(), b.size());
        if (done_ != 0) std::memcpy(to_.data(), b.contents().data(), done_);
        b.drop(done_);
    }
    return done_ != 0 || at_end || to_.size() == 0;
}

void some_goal::filled(read_buffer& b, std::size_t n) noexcept {
    if (to_.size() < b.block()) b.took(n);
    else done_ = n;
}

// ---- so many bytes

bool exact_goal::reached(read_buffer& b, bool at_end) noexcept {
    const std::size_t n = std::min(to_.size() - done_, b.size());
    if (n != 0) {
        std::memcpy(to_.data() + done_, b.contents().data(), n);
        b.drop(n);
        done_ += n;
    }
    return done_ == to_.size() || at_end;
}

byte_span exact_goal::room(read_buffer& b) const {
    const std::size_t left = to_.size() - done_;
    return left < b.block() ? b.room() : byte_span(to_.data() + done_, left);
}

void exact_goal::filled(read_buffer& b, std::size_t n) noexcept {
    if (to_.size() - done_ < b.block()) b.took(n);
    else done_ += n;
}

exact_goal::value exact_goal::take(read_buffer& b) {
    if (done_ == to_.size()) return done_;
    give_back(b);
    transfer_failure(ENODATA, "read_exactly", {}, done_, to_.size()).rethrow();
}

// ---- a frame

std::size_t frame_goal::announced(const read_buffer& b) noexcept {
    std::size_t size = 0;
    for (const char c : b.contents().substr(0, head))
        size = size << 8 | static_cast<unsigned char>(c);
    return size;
}

bool frame_goal::reached(const read_buffer& b, bool at_end) const noexcept {
    if (at_end) return true;
    if (b.size() < head) return false;
    const std::size_t size = announced(b);
    return size > limit_ || b.size() >= head + size;
}

frame_goal::value frame_goal::take(read_buffer& b) const {
    if (b.size() == 0) return std::nullopt;
    const std::size_t size = b.size() < head ? 0 : announced(b);
    if (size > limit_) refuse_length("read_frame", "of " + std::to_string(size) + " bytes, allowed are ", limit_);
    if (b.size() < head + size) transfer_failure(ENODATA, "read_frame", {}, b.size(), head + size).rethrow();
    value taken(std::in_place, b.contents().substr(head, size));
    b.drop(head + size);
    return taken;
}

}  // namespace coil
