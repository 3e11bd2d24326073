// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil::process {

/// Is what an object reads itself from when it has travelled: the bytes and descriptors of an `encoder`, in their order.
/// Shape: a message is read once, from front to back.
/// Errors: a message that is too short, or holds fewer descriptors, is `std::errc::bad_message`, and nothing is taken.
/// Threads: one. Lifetime: borrows the bytes, owns the descriptors: what nobody takes is closed with it.
class decoder {
public:
    explicit decoder(std::span<const std::byte> message, std::vector<ring::descriptor> descriptors = {}) noexcept
        : rest_(message), descriptors_(std::move(descriptors)) {}

    /// Fills `to` with the next bytes.
    void bytes(std::span<std::byte> to);
    /// Lends the next bytes in place. Lifetime: of the message.
    std::span<const std::byte> view(std::size_t size);
    /// Reads the bytes of a value.
    template <class T>
        requires std::is_trivially_copyable_v<T>
    T value() {
        alignas(T) std::byte room[sizeof(T)];
        bytes(room);
        return *reinterpret_cast<T*>(room);
    }
    /// Hands the next descriptor over: its number is the caller's to close.
    int descriptor();
    /// The same for who keeps an object.
    ring::descriptor owned_descriptor();

    /// How many bytes, and how many descriptors, are yet to be read.
    std::size_t left() const noexcept { return rest_.size(); }
    std::size_t descriptors_left() const noexcept { return descriptors_.size() - next_; }

private:
    std::span<const std::byte> rest_;
    std::vector<ring::descriptor> descriptors_;
    std::size_t next_ = 0;
};

}  // namespace coil::process
