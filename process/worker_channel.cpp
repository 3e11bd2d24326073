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
        std::size_t size = std::min(left, largest_piece);
        const std::size_t space = room();
        if (space < size) {
            // small ones are written whole; of a long one as much as makes the effort worth while
            if (left <= largest_piece || space < largest_piece / 4) return false;
            size = space;
        } else if (space == 0) {
            return false;
        }
        head.size = static_cast<std::uint32_t>(size);
        head.goes_on = size < left;
        if (size > 0) std::memcpy(place() + sizeof(message_head), payload.data() + done, size);
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

bool message_writer::can_go_on() const noexcept {
    const std::size_t left = kept_.size() - at_;
    const std::size_t space = room();
    return has_rest() && space > 0 && space >= (left > largest_piece ? largest_piece / 4 : left);
}

bool message_writer::rest() {
    if (!has_rest()) return true;
    if (!write_pieces(head_, kept_, at_)) return false;
    kept_.clear();
    at_ = 0;
    unbegun_ = false;
    return true;
}

void message_reader::release() noexcept { words_->read.store(position_, std::memory_order_release); }

bool message_reader::next(message& m) {
    if (!in_pieces_) pieces_.clear();
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
        const std::span<const std::byte> payload(at + sizeof(head), head.size);
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
