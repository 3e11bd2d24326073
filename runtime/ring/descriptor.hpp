// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/ring/operation.hpp>
#include <coil/runtime/ring/try_history.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace coil::ring {

class close_operation;

/// Is the state of one descriptor, shared by the object that owns it and by the operations in flight on it. It is freed,
/// and the descriptor closed, when the object has let go and the last operation has completed: until then no other file
/// can get the number, and no byte for the old file can reach a new one.
/// All operations in flight at one time lie on one loop's ring: the loop of the first of them.
class descriptor_slot {
public:
    static descriptor_slot* make(int fd, ring* keeper);

    int fd() const noexcept { return fd_; }
    ring* keeper() const noexcept { return keeper_; }
    bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
    try_history& reads() noexcept { return reads_; }

    /// Lets an operation onto the descriptor and tells it its loop; false if it has to end at once. Threads: any.
    bool begin(operation& o, io_home& wanted) noexcept;
    /// The operation has completed, or did not come to pass. The slot may be gone afterwards.
    void end(operation& o) noexcept;
    /// The object lets go: cancels what is in flight. The slot may be gone afterwards. Threads: any.
    void close() noexcept;
    /// The same, but the descriptor is not closed: `closer` gets it, with its own loop, once nothing is in flight.
    /// Returns false if that is so already: the slot is gone and the caller goes on itself.
    bool close_through(close_operation& closer) noexcept;
    /// Ends the slot and leaves the descriptor open. False if operations are in flight.
    bool release() noexcept;

private:
    descriptor_slot(int fd, ring* keeper) noexcept : fd_(fd), keeper_(keeper), cancelling_(*this) {}
    ~descriptor_slot() = default;

    struct cancel_job : job {
        explicit cancel_job(descriptor_slot& s) noexcept : job(&run), self(&s) {}
        static void run(job& j) noexcept;
        descriptor_slot* self;
    };

    void cancel_and_settle() noexcept;
    void cancel_all() noexcept;
    void unlock_and_settle() noexcept;
    void free() noexcept;

    spin_lock lock_;                   // guards all below but fd_, keeper_ and reads_
    std::atomic<bool> closed_{false};  // written under the lock; looked at without
    bool reading_ = false;
    bool writing_ = false;
    bool cancel_posted_ = false;
    try_history reads_;
    const int fd_;
    ring* const keeper_;               // the ring that alone can close the descriptor, or null
    operation* operations_ = nullptr;  // in flight, or about to be
    io_home* io_ = nullptr;            // of the operations in flight
    close_operation* closer_ = nullptr;
    cancel_job cancelling_;
};

/// Owns a descriptor.
/// Shape: empty, or open. Moving it is free and does not disturb what is in flight.
/// Threads: one object by one thread at a time; operations on one descriptor may be awaited on several.
/// Cost: one allocation, recycled, per descriptor.
class descriptor {
public:
    descriptor() noexcept = default;
    /// Takes a descriptor over; `keeper` is the ring that it came from, if that is none of the kernel's.
    explicit descriptor(int fd, ring* keeper = nullptr);
    descriptor(descriptor&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            slot_ = std::exchange(other.slot_, nullptr);
        }
        return *this;
    }
    ~descriptor() { reset(); }

    explicit operator bool() const noexcept { return slot_ != nullptr; }
    /// The number, or -1.
    int number() const noexcept { return slot_ != nullptr ? slot_->fd() : -1; }
    /// Closes: what is in flight ends with -ECANCELED, unless it had completed. Never waits; errors are dropped.
    void reset() noexcept {
        if (slot_ != nullptr) std::exchange(slot_, nullptr)->close();
    }
    /// Gives the number away and becomes empty. Errors: `std::logic_error` while operations are in flight.
    int release(place where = place::current());

private:
    friend class operation;
    friend class close_operation;
    descriptor_slot* slot_ = nullptr;
};

}  // namespace coil::ring
