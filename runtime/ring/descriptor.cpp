// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/descriptor.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/ring/close.hpp>
#include <coil/runtime/ring/fallback_numbers.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/kernel_call.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cerrno>
#include <cstddef>
#include <new>

namespace coil::ring {

namespace {
int close_number(ring* keeper, int fd) noexcept {
    return keeper != nullptr ? keeper->close(fd) : kernel_close(fd);
}
}  // namespace

// ---- an operation comes and goes

bool descriptor_slot::begin(operation& o, io_home& wanted) noexcept {
    lock_.lock();
    bool* const busy = o.kind().need == purpose::reading   ? &reading_
                       : o.kind().need == purpose::writing ? &writing_
                                                           : nullptr;
    if (closed_.load(std::memory_order_relaxed)) o.res_ = -EBADF;
    else if (busy != nullptr && *busy) o.mark(operation::second);
    else {
        if (busy != nullptr) *busy = true;
        if (operations_ == nullptr) io_ = &wanted;
        else operations_->set_link(&o.next_on_slot_);
        o.io_ = io_;
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
    if (o.kind().need == purpose::reading) reading_ = false;
    if (o.kind().need == purpose::writing) writing_ = false;
    operation** const link = o.link_on_slot_.load(std::memory_order_relaxed);
    *link = o.next_on_slot_;
    if (o.next_on_slot_ != nullptr) o.next_on_slot_->set_link(link);
    o.set_link(nullptr);
    unlock_and_settle();
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
        lock_.unlock();
        free();
        return false;
    }
    closer_ = &closer;
    cancel_and_settle();
    return true;
}

bool descriptor_slot::release() noexcept {
    lock_.lock();
    const bool idle = operations_ == nullptr;
    lock_.unlock();
    if (idle) free();
    return idle;
}

// Locked on entry. `cancel_posted_` keeps the slot while somebody is about to cancel.
void descriptor_slot::cancel_and_settle() noexcept {
    if (operations_ == nullptr) return unlock_and_settle();
    cancel_posted_ = true;
    io_home& io = *io_;
    lock_.unlock();
    if (this_io_home == &io) cancel_job::run(cancelling_);
    else io.loop.post(cancelling_);
}

void descriptor_slot::cancel_job::run(job& j) noexcept {
    descriptor_slot& s = *static_cast<cancel_job&>(j).self;
    s.cancel_all();
    s.lock_.lock();
    s.cancel_posted_ = false;
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

// Locked on entry. Whoever finds nothing left ends the slot.
void descriptor_slot::unlock_and_settle() noexcept {
    const bool last = closed_.load(std::memory_order_relaxed) && operations_ == nullptr && !cancel_posted_;
    lock_.unlock();
    if (!last) return;
    const int fd = fd_;
    ring* const keeper = keeper_;
    close_operation* const closer = closer_;
    free();
    if (closer != nullptr) closer->go_on();
    else close_number(keeper, fd);
}

descriptor_slot* descriptor_slot::make(int fd, ring* keeper) {
    return new (allocate_frame(sizeof(descriptor_slot))) descriptor_slot(fd, keeper);
}

void descriptor_slot::free() noexcept {
    this->~descriptor_slot();
    free_frame(this, sizeof(descriptor_slot));
}

// ---- the object

descriptor::descriptor(int fd, ring* keeper) {
    try {
        slot_ = descriptor_slot::make(fd, keeper);
        if (keeper == nullptr) descriptor_numbers::owned(fd);
    } catch (...) {
        close_number(keeper, fd);
        throw;
    }
}

int descriptor::release(place where) {
    const int fd = number();
    if (slot_ == nullptr) return fd;
    if (!slot_->release()) misuse("a descriptor was released while operations are in flight on it", where);
    slot_ = nullptr;
    descriptor_numbers::disowned(fd);
    return fd;
}

}  // namespace coil::ring
