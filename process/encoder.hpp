// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

namespace coil::process {

/// Is what an object writes itself to when it travels to another process: bytes in order, and a list of descriptors in
/// order. A type travels if it has `void encode(coil::process::encoder&) const` and
/// `static T decode(coil::process::decoder&)`, which reads in the same order what `encode` wrote; see `passes_itself`.
/// Whoever sends takes `message()` and `numbers()` (SCM_RIGHTS) and lets the encoder live until the kernel has them.
/// Threads: one. Lifetime: it owns duplicates of the descriptors, so the object may die before they are sent.
/// Cost: bytes go into one growing block; a descriptor is one system call and one allocation.
class encoder {
public:
    encoder() noexcept = default;

    /// Appends bytes as they are. Errors: `std::bad_alloc`.
    void bytes(std::span<const std::byte> b);
    /// Appends the bytes of a value. Shape: types without pointers; both sides are the same program.
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void value(const T& v) {
        bytes({reinterpret_cast<const std::byte*>(std::addressof(v)), sizeof(T)});
    }
    /// Appends a duplicate of a descriptor, close-on-exec; `fd` itself stays the caller's.
    /// Errors: `std::system_error`, "pass fd 7: Too many open files".
    void descriptor(int fd);

    /// Writes a value over bytes that were appended before. Shape: all of it lies within the message.
    template <class T>
        requires std::is_trivially_copyable_v<T>
    void overwrite(std::size_t at, const T& v) noexcept {
        std::memcpy(message_.data() + at, std::addressof(v), sizeof(T));
    }
    /// Takes back what was appended behind the first `size` bytes.
    void shorten(std::size_t size) noexcept { message_.erase(message_.begin() + static_cast<std::ptrdiff_t>(size), message_.end()); }

    /// Makes it as new, but for the room that it has.
    void clear() noexcept {
        message_.clear();
        numbers_.clear();
        owned_.clear();
    }

    std::span<const std::byte> message() const noexcept { return message_; }
    /// The descriptors, which stay the encoder's.
    std::span<const int> numbers() const noexcept { return numbers_; }

    /// Gives the bytes away. The encoder goes on without them.
    std::vector<std::byte> take_message() noexcept;
    /// Gives the descriptors away. The encoder goes on without them.
    std::vector<ring::descriptor> take_descriptors() noexcept;

private:
    std::vector<std::byte> message_;
    std::vector<ring::descriptor> owned_;
    std::vector<int> numbers_;  // of owned_, in its order
};

}  // namespace coil::process
