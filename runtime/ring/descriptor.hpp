// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/spin_lock.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/ring/operation.hpp>
#include <coil/runtime/ring/try_history.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace coil::ring {

class close_operation;

/// Is the state of one descriptor, shared by the object that owns it and by the operations in flight on it. The
/// descriptor is closed when the object has let go and the last operation has completed: until then no other file can
/// get the number, and no byte for the old file can reach a new one.
/// All operations in flight at one time lie on one loop's ring: the loop of the first of them.
/// Lifetime: until the descriptor is closed and nobody holds it any more, for the name it has in errors.
class descriptor_slot : private job {
public:
    static descriptor_slot* make(int fd, ring* keeper, std::span<const std::byte> name);
    /// A name alone, of a descriptor that is closed. The caller holds it.
    static descriptor_slot* make_closed(std::span<const std::byte> name);

    int fd() const noexcept { return fd_; }
    ring* keeper() const noexcept;
    bool closed() const noexcept { return closed_.load(std::memory_order_acquire); }
    try_history& reads() noexcept { return reads_; }
    std::span<const std::byte> name() const noexcept {
        return {reinterpret_cast<const std::byte*>(this + 1), name_size_};
    }

    /// Lets an operation onto the descriptor and tells it its loop; false if it has to end at once. Threads: any.
    bool begin(operation& o, io_home& wanted) noexcept;
    /// The operation has completed, or did not come to pass. The slot may be gone afterwards, unless the operation's
    /// result tells that it will ask for the name: then it holds the slot.
    void end(operation& o) noexcept;
    /// Keeps the slot, and with it the name, for an operation that fails.
    void hold_for(operation& o) noexcept;
    void drop() noexcept;
    /// The object lets go: cancels what is in flight. The slot may be gone afterwards. Threads: any.
    void close() noexcept;
    /// The same, but the descriptor is not closed: `closer` gets it, with its own loop, once nothing is in flight.
    /// Returns false if that is so already: the caller goes on itself.
    bool close_through(close_operation& closer) noexcept;
    /// Ends the slot and leaves the descriptor open. False if operations are in flight.
    bool release() noexcept;

    /// The object has given the descriptor to a `close`, and holds the name alone. Threads: the object's.
    void give_away() noexcept;
    bool is_given_away() const noexcept { return given_away_; }

private:
    descriptor_slot(int fd, ring* keeper, std::span<const std::byte> name) noexcept;
    ~descriptor_slot() = default;
    static std::size_t bytes(std::size_t name, bool kept) noexcept;

    static void cancel_posted(job& j) noexcept;
    void cancel_and_settle() noexcept;
    void cancel_all() noexcept;
    void unlock_and_settle() noexcept;
    void unlock_and_drop() noexcept;
    void hold_locked(operation& o) noexcept;

    // What is on its way to be done when everything is ended; the value is that of the purpose.
    static constexpr std::uint8_t cancelling = 4;

    // A connection that waits has one of these, and little else: it fills a line of the cache with an IPv4 peer's name.
    spin_lock lock_;                   // guards all below but fd_, given_away_, reads_ and the name
    std::atomic<bool> closed_{false};  // written under the lock; looked at without
    std::uint8_t busy_ = 0;            // who reads, who writes, and `cancelling`
    bool given_away_ = false;
    const int fd_;
    operation* operations_ = nullptr;  // in flight, or about to be; they know the loop
    std::uint32_t holders_ = 1;        // the descriptor until it is closed, failed operations, an object that is empty
    try_history reads_;
    const std::uint16_t name_size_ : 15;
    const std::uint16_t is_kept_ : 1;
    // What follows: the name, and behind it the ring that alone can close the descriptor, if there is one (`keeper`).
    // The job's handle, which none needs, is that of the `close_operation` that waits for the end.
};

/// Owns a descriptor.
/// Shape: empty, or open. Moving it is free and does not disturb what is in flight. It may have a name, which is what
/// its owner wants to tell of it in errors: some bytes, which operations find that fail.
/// Threads: one object by one thread at a time; operations on one descriptor may be awaited on several.
/// Cost: one allocation, recycled, per descriptor.
class descriptor {
public:
    descriptor() noexcept = default;
    /// Takes a descriptor over; `keeper` is the ring that it came from, if that is none of the kernel's.
    /// Shape: a name has at most 32,767 bytes; what is beyond is cut off.
    explicit descriptor(int fd, ring* keeper = nullptr, std::span<const std::byte> name = {});
    descriptor(descriptor&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}
    descriptor& operator=(descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            slot_ = std::exchange(other.slot_, nullptr);
        }
        return *this;
    }
    ~descriptor() { reset(); }

    explicit operator bool() const noexcept { return slot_ != nullptr && !slot_->is_given_away(); }
    /// The number, or -1.
    int number() const noexcept { return *this ? slot_->fd() : -1; }
    /// The name that it was given. It is still there when the descriptor was closed by a `close`.
    std::span<const std::byte> name() const noexcept {
        return slot_ != nullptr ? slot_->name() : std::span<const std::byte>();
    }
    /// Gives it a name. An empty descriptor has one too.
    /// Errors: `std::logic_error` while operations are in flight; `std::bad_alloc`, and then it is as before.
    void set_name(std::span<const std::byte> name, place where = place::current());
    /// Closes: what is in flight ends with -ECANCELED, unless it had completed. Never waits; errors are dropped.
    void reset() noexcept {
        if (slot_ != nullptr) let_go();
    }
    /// Gives the number away and becomes empty. Errors: `std::logic_error` while operations are in flight.
    int release(place where = place::current());

private:
    friend class operation;
    friend class close_operation;
    void let_go() noexcept;
    descriptor_slot* slot_ = nullptr;
};

}  // namespace coil::ring
