// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/descriptor.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/ring/close.hpp>
#include <coil/runtime/ring/fallback_numbers.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/kernel_call.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <new>

namespace coil::ring {

namespace {
int close_number(ring* keeper, int fd) noexcept {
    return keeper != nullptr ? keeper->close(fd) : kernel_close(fd);
}
}  // namespace

// ---- an operation comes and goes

bool descriptor_slot::begin(operation& o, io_home& wanted) noexcept {
    const auto mine = static_cast<std::uint8_t>(o.kind().need);
    lock_.lock();
    if (closed_.load(std::memory_order_relaxed)) {
        o.res_ = -EBADF;
        hold_locked(o);
    } else if ((busy_ & mine) != 0) {
        o.mark(operation::second);
    } else {
        busy_ = static_cast<std::uint8_t>(busy_ | mine);
        if (operations_ == nullptr) {
            o.io_ = &wanted;
        } else {
            o.io_ = operations_->io_;
            operations_->set_link(&o.next_on_slot_);
        }
        o.next_on_slot_ = operations_;
        o.set_link(&operations_);
        operations_ = &o;
        lock_.unlock();
        return true;
    }
    lock_.unlock();
    return false;
}

void descriptor_slot::end(operation& o) noexcept {
    lock_.lock();
    busy_ = static_cast<std::uint8_t>(busy_ & ~static_cast<unsigned>(o.kind().need));
    operation** const link = o.link_on_slot_.load(std::memory_order_relaxed);
    *link = o.next_on_slot_;
    if (o.next_on_slot_ != nullptr) o.next_on_slot_->set_link(link);
    o.set_link(nullptr);
    if (o.res_ <= 0) [[unlikely]]
        hold_locked(o);
    if (closed_.load(std::memory_order_relaxed)) [[unlikely]]
        return unlock_and_settle();
    lock_.unlock();
}

// ---- the name outlives the descriptor

void descriptor_slot::hold_locked(operation& o) noexcept {
    if (name_size_ == 0) return;
    ++holders_;
    o.mark(operation::holds_slot);
}

void descriptor_slot::hold_for(operation& o) noexcept {
    lock_.lock();
    hold_locked(o);
    lock_.unlock();
}

void descriptor_slot::drop() noexcept {
    lock_.lock();
    unlock_and_drop();
}

void descriptor_slot::give_away() noexcept {
    lock_.lock();
    ++holders_;
    lock_.unlock();
    given_away_ = true;
}

// Locked on entry. The last holder frees the slot.
void descriptor_slot::unlock_and_drop() noexcept {
    const bool last = --holders_ == 0;
    lock_.unlock();
    if (!last) return;
    const std::size_t size = bytes(name_size_, is_kept_ != 0);
    this->~descriptor_slot();
    free_frame(this, size);
}

// ---- the object lets go

void descriptor_slot::close() noexcept {
    lock_.lock();
    closed_.store(true, std::memory_order_release);
    cancel_and_settle();
}

bool descriptor_slot::close_through(close_operation& closer) noexcept {
    lock_.lock();
    closed_.store(true, std::memory_order_release);
    if (operations_ == nullptr) {
        unlock_and_drop();
        return false;
    }
    handle = std::coroutine_handle<>::from_address(&closer);
    cancel_and_settle();
    return true;
}

bool descriptor_slot::release() noexcept {
    lock_.lock();
    if (operations_ != nullptr) {
        lock_.unlock();
        return false;
    }
    closed_.store(true, std::memory_order_release);
    unlock_and_drop();
    return true;
}

// Locked on entry. `cancelling` keeps the slot while somebody is about to cancel.
void descriptor_slot::cancel_and_settle() noexcept {
    if (operations_ == nullptr) return unlock_and_settle();
    busy_ = static_cast<std::uint8_t>(busy_ | cancelling);
    io_home& io = *operations_->io_;
    lock_.unlock();
    if (this_io_home == &io) cancel_posted(*this);
    else io.loop.post(*this);
}

void descriptor_slot::cancel_posted(job& j) noexcept {
    descriptor_slot& s = static_cast<descriptor_slot&>(j);
    s.cancel_all();
    s.lock_.lock();
    s.busy_ = static_cast<std::uint8_t>(s.busy_ & ~cancelling);
    s.unlock_and_settle();
}

// On the loop's thread, where alone an entry in flight can complete: what was found under the lock stays without it.
// An operation that is on its way to this thread finds the slot closed.
void descriptor_slot::cancel_all() noexcept {
    for (;;) {
        operation* found = nullptr;
        lock_.lock();
        for (operation* o = operations_; o != nullptr && found == nullptr; o = o->next_on_slot_)
            if (o->life_.load(std::memory_order_relaxed) == operation::life::in_flight) found = o;
        lock_.unlock();
        if (found == nullptr) return;
        found->cancel();
    }
}

// Locked on entry. Whoever finds nothing left ends the descriptor.
void descriptor_slot::unlock_and_settle() noexcept {
    const bool last = closed_.load(std::memory_order_relaxed) && operations_ == nullptr && (busy_ & cancelling) == 0;
    if (!last) {
        lock_.unlock();
        return;
    }
    const int fd = fd_;
    ring* const its_keeper = keeper();
    auto* const closer = static_cast<close_operation*>(handle.address());
    unlock_and_drop();
    if (closer != nullptr) closer->go_on();
    else close_number(its_keeper, fd);
}

// ---- its memory

namespace {

constexpr std::size_t longest_name = 0x7fff;

static_assert(sizeof(descriptor_slot) == 56, "with an IPv4 peer's name it fills a class of frames");

std::size_t keeper_at(std::size_t name) noexcept {
    return (sizeof(descriptor_slot) + name + sizeof(ring*) - 1) / sizeof(ring*) * sizeof(ring*);
}

}  // namespace

std::size_t descriptor_slot::bytes(std::size_t name, bool kept) noexcept {
    return kept ? keeper_at(name) + sizeof(ring*) : sizeof(descriptor_slot) + name;
}

descriptor_slot::descriptor_slot(int fd, ring* keeper, std::span<const std::byte> name) noexcept
    : job(&cancel_posted),
      fd_(fd),
      name_size_(static_cast<std::uint16_t>(name.size() & longest_name)),
      is_kept_(keeper != nullptr ? 1 : 0) {
    if (!name.empty()) std::memcpy(reinterpret_cast<std::byte*>(this + 1), name.data(), name.size());
    if (keeper != nullptr)
        std::memcpy(reinterpret_cast<std::byte*>(this) + keeper_at(name.size()), &keeper, sizeof keeper);
}

ring* descriptor_slot::keeper() const noexcept {
    ring* keeper = nullptr;
    if (is_kept_ != 0)
        std::memcpy(&keeper, reinterpret_cast<const std::byte*>(this) + keeper_at(name_size_), sizeof keeper);
    return keeper;
}

descriptor_slot* descriptor_slot::make(int fd, ring* keeper, std::span<const std::byte> name) {
    name = name.first(std::min(name.size(), longest_name));
    return new (allocate_frame(bytes(name.size(), keeper != nullptr))) descriptor_slot(fd, keeper, name);
}

descriptor_slot* descriptor_slot::make_closed(std::span<const std::byte> name) {
    descriptor_slot* const made = make(-1, nullptr, name);
    made->closed_.store(true, std::memory_order_relaxed);
    made->given_away_ = true;
    return made;
}

// ---- the object

descriptor::descriptor(int fd, ring* keeper, std::span<const std::byte> name) {
    try {
        slot_ = descriptor_slot::make(fd, keeper, name);
        if (keeper == nullptr) descriptor_numbers::owned(fd);
    } catch (...) {
        close_number(keeper, fd);
        throw;
    }
}

void descriptor::let_go() noexcept {
    descriptor_slot& slot = *std::exchange(slot_, nullptr);
    if (slot.is_given_away()) slot.drop();
    else slot.close();
}

void descriptor::set_name(std::span<const std::byte> name, place where) {
    if (std::ranges::equal(name, this->name())) return;
    if (!*this) {
        descriptor_slot* const named = descriptor_slot::make_closed(name);
        reset();
        slot_ = named;
        return;
    }
    descriptor_slot* const named = descriptor_slot::make(slot_->fd(), slot_->keeper(), name);
    if (slot_->release()) {
        slot_ = named;
        return;
    }
    named->release();
    misuse("a descriptor was named while operations are in flight on it", where);
}

int descriptor::release(place where) {
    const int fd = number();
    if (!*this) return fd;
    if (!slot_->release()) misuse("a descriptor was released while operations are in flight on it", where);
    slot_ = nullptr;
    descriptor_numbers::disowned(fd);
    return fd;
}

}  // namespace coil::ring
