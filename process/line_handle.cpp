// SPDX-License-Identifier: BSL-1.0
#include <coil/process/line_handle.hpp>

#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/rights.hpp>

#include <cerrno>

namespace coil::process {

segment::shape line_handle::shape_of(const shape& s, std::size_t payload) noexcept {
    const std::uint32_t lines = s.what == kind::both_ways ? 2 : 1;
    return {.kind = static_cast<std::uint32_t>(s.what),
            .detail = s.detail,
            .locks = 2 * lines,
            .bells = 2 * lines,
            .payload = payload,
            .name = s.what == kind::queue ? "process::queue" : "process::channel"};
}

line_handle line_handle::make(const shape& s, std::uint64_t most, std::uint64_t message, std::uint64_t bytes, place where) {
    const unsigned lines = s.what == kind::both_ways ? 2 : 1;
    // with the number in front of what may have descriptors
    const std::uint64_t units = message_stream::units_for(most, message + (s.descriptors ? 8 : 0), bytes, where);
    const segment::roles has = s.what == kind::queue ? segment::writes | segment::reads : segment::writes;
    line_handle made(segment_ref(segment::make(shape_of(s, lines * message_stream::bytes_for(units)), has)), s, has);
    for (unsigned i = 0; i < lines; ++i) {
        message_stream(*made.segment_, i).prepare(units, most);
        if (s.descriptors) ring::rights::make_pair(made.sends_[i], made.receives_[i]);
    }
    return made;
}

// Both ends of a new object are made where its sockets are.
line_handle line_handle::other_end() const {
    line_handle end(segment_.copy(), shape_, segment::reads);
    end.segment_->take_up(segment::reads);
    for (int i = 0; i < 2; ++i) {
        if (!sends_[i]) continue;
        encoder copies;
        copies.descriptor(sends_[i].number());
        copies.descriptor(receives_[i].number());
        auto two = copies.take_descriptors();
        end.sends_[i] = std::move(two[0]);
        end.receives_[i] = std::move(two[1]);
    }
    return end;
}

void line_handle::lay_down() noexcept {
    if (segment_) segment_->lay_down(roles_);
    segment_.reset();
}

line_handle& line_handle::operator=(line_handle&& other) noexcept {
    if (this == &other) return *this;
    lay_down();
    segment_ = std::move(other.segment_);
    shape_ = other.shape_;
    roles_ = other.roles_;
    for (int i = 0; i < 2; ++i) {
        sends_[i] = std::move(other.sends_[i]);
        receives_[i] = std::move(other.receives_[i]);
    }
    return *this;
}

// In a channel of both ways the end that was made first writes line 0 and reads line 1.
line line_handle::writes() const noexcept {
    const bool second = shape_.what == kind::both_ways && roles_ == segment::reads;
    return {.shared = &*segment_,
            .number = second ? 1U : 0U,
            .writers = second ? segment::reader : segment::writer,
            .readers = second ? segment::writer : segment::reader,
            .symmetric = shape_.what == kind::queue,
            .sends_rights = sends_[second].number(),
            .what = shape_.what == kind::queue ? "queue between processes" : "channel between processes"};
}
line line_handle::reads() const noexcept {
    const bool second = shape_.what == kind::both_ways && roles_ != segment::reads;
    return {.shared = &*segment_,
            .number = second ? 1U : 0U,
            .writers = second ? segment::reader : segment::writer,
            .readers = second ? segment::writer : segment::reader,
            .symmetric = shape_.what == kind::queue,
            .receives_rights = receives_[second].number(),
            .what = shape_.what == kind::queue ? "queue between processes" : "channel between processes"};
}

void line_handle::encode(encoder& to) const {
    to.value(static_cast<std::uint8_t>(roles_));
    segment_->encode(to, roles_);
    for (int i = 0; i < 2; ++i) {
        if (!sends_[i]) continue;
        to.descriptor(sends_[i].number());
        to.descriptor(receives_[i].number());
    }
}

line_handle line_handle::decode(decoder& from, const shape& s) {
    const segment::roles has = from.value<std::uint8_t>();
    if (has == segment::no_role || has > (segment::writes | segment::reads)) throw_errno(EBADMSG, "decode", "an end of a line");
    line_handle end(segment_ref(segment::attach(from, shape_of(s, 0), has)), s, has);
    if (s.descriptors)
        for (int i = 0; i < (s.what == kind::both_ways ? 2 : 1); ++i) {
            end.sends_[i] = from.owned_descriptor();
            end.receives_[i] = from.owned_descriptor();
        }
    return end;
}

}  // namespace coil::process
