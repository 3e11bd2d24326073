// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace coil::process {

class decoder;
class encoder;

struct shared_memory_options {
    std::string_view name = "coil";  ///< stands in /proc/PID/maps
    bool others_write = true;        ///< false: it is passed on for reading alone, which the kernel sees to
};

/// Is memory that several processes see: what one writes the others read, and nothing is copied.
/// Shape: full of zeroes, of one byte or more, page-aligned; its size is sealed, so nobody can make it smaller under the
/// others. It lives as long as somebody has it. Move-only; passing it to another process gives it the same memory.
/// Errors: `std::system_error`, `errc::not_enough_memory` above what the machine has; `std::invalid_argument`
/// with its line for a negative size, or none. Threads: as plain memory. Cost: one descriptor; memory page by page, as it is written.
/// Source: memfd_create(2), F_SEAL_SHRINK, F_SEAL_FUTURE_WRITE.
class shared_memory {
public:
    explicit shared_memory(count bytes, shared_memory_options o = {}, place where = place::current());
    shared_memory(shared_memory&& other) noexcept
        : memory_(std::move(other.memory_)),
          at_(std::exchange(other.at_, nullptr)),
          size_(std::exchange(other.size_, 0)),
          writable_(other.writable_) {}
    shared_memory& operator=(shared_memory&& other) noexcept;
    ~shared_memory();

    /// For reading and writing. Errors: `errc::permission_denied` where it may only be read.
    std::span<std::byte> bytes() const;
    /// For reading.
    std::span<const std::byte> view() const noexcept { return {static_cast<const std::byte*>(at_), size_}; }
    std::size_t size() const noexcept { return size_; }
    bool writable() const noexcept { return writable_; }

    void encode(encoder& to) const;
    static shared_memory decode(decoder& from);

private:
    shared_memory(ring::descriptor memory, std::size_t size, bool writable);
    ring::descriptor memory_;
    void* at_ = nullptr;
    std::size_t size_ = 0;
    bool writable_ = true;
};

}  // namespace coil::process
