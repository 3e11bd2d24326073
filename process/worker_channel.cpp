// SPDX-License-Identifier: BSL-1.0
#include <coil/process/worker_channel.hpp>

#include <coil/runtime/base/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coil::process {

namespace {

constexpr std::size_t padded(std::size_t size) noexcept { return (size + 7) & ~std::size_t{7}; }
constexpr std::size_t whole(std::size_t payload) noexcept { return sizeof(message_head) + padded(payload); }
static_assert(sizeof(message_head) == 16);
static_assert(std::atomic<std::uint64_t>::is_always_lock_free && std::atomic<unit_claim>::is_always_lock_free);

}  // namespace

std::size_t message_writer::room() const noexcept {
    const std::size_t used = position_ - words_->read.load(std::memory_order_acquire);
    const std::size_t left = used > ring_bytes ? 0 : ring_bytes - used;
    return left < whole(8) ? 0 : left - sizeof(message_head) - 8;
}

void message_writer::publish(const message_head& head) noexcept {
    std::memcpy(place(), &head, sizeof(head));
    position_ += whole(head.size);
    words_->written.store(position_, std::memory_order_release);
}

bool message_writer::write_pieces(message_head head, std::span<const std::byte> payload, std::size_t& done) {
    for (;;) {
        const std::size_t left = payload.size() - done;
        const std::size_t space = room();
        std::size_t size = left;
        head.in_bulk = left > largest_piece;
        if (head.in_bulk) {
            if (space < sizeof(bulk_note) || !has_place()) return false;
            size = std::min(left, place_bytes);
            std::memcpy(bulk_ + places_written_ % 2 * place_bytes, payload.data() + done, size);
            const bulk_note note{.size = size, .rest = left - size};
            std::memcpy(place() + sizeof(message_head), &note, sizeof(note));
            ++places_written_;
            head.size = sizeof(note);
        } else {
            if (space == 0 || space < size) return false;
            if (size > 0) std::memcpy(place() + sizeof(message_head), payload.data() + done, size);
            head.size = static_cast<std::uint32_t>(size);
        }
        head.goes_on = size < left;
        publish(head);
        done += size;
        if (!head.goes_on) return true;
    }
}

bool message_writer::write(message_head head, std::span<const std::byte> payload) {
    std::size_t done = 0;
    if (write_pieces(head, payload, done)) return true;
    head_ = head;
    kept_.assign(payload.begin() + static_cast<std::ptrdiff_t>(done), payload.end());
    at_ = 0;
    unbegun_ = kept_.empty();
    return false;
}

bool message_writer::write(message_head head, std::vector<std::byte>&& payload) {
    std::size_t done = 0;
    if (write_pieces(head, payload, done)) return true;
    head_ = head;
    kept_ = std::move(payload);
    at_ = done;
    unbegun_ = kept_.empty();
    return false;
}

bool message_writer::can_go_on() const noexcept {
    if (!has_rest()) return false;
    const std::size_t left = kept_.size() - at_;
    const std::size_t space = room();
    return left > largest_piece ? space >= sizeof(bulk_note) && has_place() : space > 0 && space >= left;
}

bool message_writer::rest() {
    if (!has_rest()) return true;
    if (!write_pieces(head_, kept_, at_)) return false;
    kept_ = {};  // it may be large
    at_ = 0;
    unbegun_ = false;
    return true;
}

void message_reader::release() noexcept {
    words_->places_read.store(places_, std::memory_order_release);
    words_->read.store(position_, std::memory_order_release);
}

std::span<const std::byte> message_reader::in_bulk(std::span<const std::byte> note) {
    bulk_note n;
    if (note.size() != sizeof(n)) throw_errno(EBADMSG, "read", "ring of a worker");
    std::memcpy(&n, note.data(), sizeof(n));
    if (n.size > place_bytes) throw_errno(EBADMSG, "read", "ring of a worker");
    if (!in_pieces_ && n.rest > 0) pieces_.reserve(n.size + std::min(n.rest, std::uint64_t{64} << 20));
    return {bulk_ + places_++ % 2 * place_bytes, static_cast<std::size_t>(n.size)};
}

bool message_reader::next(message& m) {
    if (!in_pieces_) {
        if (pieces_.capacity() > ring_bytes) pieces_ = {};
        pieces_.clear();
    }
    for (;;) {
        release();
        const std::uint64_t available = words_->written.load(std::memory_order_acquire) - position_;
        if (available == 0) return false;
        message_head head;
        const std::byte* const at = ring_ + position_ % ring_bytes;
        if (available > ring_bytes || available < sizeof(head)) throw_errno(EBADMSG, "read", "ring of a worker");
        std::memcpy(&head, at, sizeof(head));
        if (head.size > ring_bytes || whole(head.size) > available) throw_errno(EBADMSG, "read", "ring of a worker");
        position_ += whole(head.size);
        std::span<const std::byte> payload(at + sizeof(head), head.size);
        if (head.in_bulk) payload = in_bulk(payload);
        if (!in_pieces_ && !head.goes_on) {
            m = {.head = head, .payload = payload};
            return true;
        }
        pieces_.insert(pieces_.end(), payload.begin(), payload.end());
        in_pieces_ = head.goes_on;
        if (!in_pieces_) {
            m = {.head = head, .payload = pieces_};
            return true;
        }
    }
}

std::span<const std::byte> message_reader::unpublished(std::size_t size) const noexcept {
    if (size > ring_bytes - sizeof(message_head)) return {};
    return {ring_ + position_ % ring_bytes + sizeof(message_head), size};
}

}  // namespace coil::process
