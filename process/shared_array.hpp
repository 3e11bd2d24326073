// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/shared_memory.hpp>
#include <coil/runtime/base/errors.hpp>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <limits>
#include <new>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>

namespace coil::process {

/// Is an array that several processes see; passing it on copies nothing.
/// Shape: n elements, all of whose bytes are zero; 0 is none. Trivially copyable elements that hold no addresses.
/// Errors: as `shared_memory`; a negative n is `std::invalid_argument`. Threads: as a plain array: what two write at the
/// same time wants a `process::mutex`, or `std::atomic_ref`. Cost: as `shared_memory`.
template <class T>
    requires(std::is_trivially_copyable_v<T> && !std::is_pointer_v<T>)
class shared_array {
public:
    using value_type = T;
    using iterator = T*;

    explicit shared_array(count n, shared_memory_options o = {}) : memory_(bytes_for(n), o), size_(n.value()) {}

    T& operator[](std::size_t i) const noexcept { return data()[i]; }
    /// Errors: `std::out_of_range`.
    T& at(std::size_t i) const {
        if (i >= size_) throw std::out_of_range("process::shared_array: no element " + std::to_string(i));
        return data()[i];
    }
    T* data() const noexcept {
        return const_cast<T*>(reinterpret_cast<const T*>(memory_.view().data()));  // what may only be read faults
    }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }
    bool writable() const noexcept { return memory_.writable(); }
    T* begin() const noexcept { return data(); }
    T* end() const noexcept { return data() + size_; }
    std::span<T> span() const noexcept { return {data(), size_}; }
    /// To all elements. Errors: `errc::permission_denied` where it may only be read.
    void fill(const T& v) const {
        (void)memory_.bytes();
        std::fill(begin(), end(), v);
    }

    void encode(encoder& to) const {
        to.value(static_cast<std::uint64_t>(size_));
        memory_.encode(to);
    }
    static shared_array decode(decoder& from) {
        const auto n = from.value<std::uint64_t>();
        shared_memory m = shared_memory::decode(from);
        if (n > m.size() / sizeof(T)) throw_errno(EBADMSG, "decode", "process::shared_array");
        return shared_array(std::move(m), static_cast<std::size_t>(n));
    }

private:
    shared_array(shared_memory m, std::size_t n) : memory_(std::move(m)), size_(n) {}
    static std::uint64_t bytes_for(count n) {
        if (n.value() > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) throw std::bad_array_new_length();
        return std::max<std::uint64_t>(n.value() * sizeof(T), 1);
    }
    shared_memory memory_;
    std::size_t size_;
};

}  // namespace coil::process
