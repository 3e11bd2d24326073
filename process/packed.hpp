// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/codec.hpp>
#include <coil/process/decoder.hpp>
#include <coil/process/encoder.hpp>
#include <coil/process/passed.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil::process {

/// Travels through shared memory as its bytes are, and fits into a message without being written down first.
template <class T>
concept packs_as_bytes = travels_as_bytes<T>;

/// True for types whose messages may hold descriptors: what passes itself, and descriptors. Specialise it for others that
/// contain such.
template <class T>
inline constexpr bool carries_descriptors = passes_itself<T>;
template <>
inline constexpr bool carries_descriptors<ring::descriptor> = true;

/// Is a value on its way into a line of messages.
template <class T>
class packed {
public:
    explicit packed(const T& v) {
        if constexpr (std::is_same_v<T, ring::descriptor>) encoder_.descriptor(v.number());
        else if constexpr (passes_itself<T>) v.encode(encoder_);
        else codec<T>::encode(encoder_, v);
    }
    std::span<const std::byte> bytes() const noexcept { return encoder_.message(); }
    std::span<const int> numbers() const noexcept { return encoder_.numbers(); }

private:
    encoder encoder_;
};
template <packs_as_bytes T>
class packed<T> {
public:
    explicit packed(const T& v) noexcept { std::memcpy(room_, std::addressof(v), sizeof(T)); }
    std::span<const std::byte> bytes() const noexcept { return room_; }
    std::span<const int> numbers() const noexcept { return {}; }

private:
    std::byte room_[sizeof(T)];
};

/// Is where a message goes, and the value that is made of it.
template <class T>
class unpacked {
public:
    std::span<std::byte> room(std::size_t size) {
        bytes_.reset(new std::byte[size]);  // as it is: all of it will be written
        size_ = size;
        return {bytes_.get(), size};
    }
    std::vector<ring::descriptor>& descriptors() noexcept { return descriptors_; }
    /// Errors: what decoding throws.
    T take() {
        decoder d({bytes_.get(), size_}, std::move(descriptors_));
        if constexpr (std::is_same_v<T, ring::descriptor>) return d.owned_descriptor();
        else if constexpr (passes_itself<T>) return T::decode(d);
        else return codec<T>::decode(d);
    }

    std::optional<T> take_if() { return take(); }

private:
    std::unique_ptr<std::byte[]> bytes_;
    std::size_t size_ = 0;
    std::vector<ring::descriptor> descriptors_;
};
template <packs_as_bytes T>
class unpacked<T> {
public:
    std::span<std::byte> room(std::size_t size) noexcept { return std::span(room_).first(size < sizeof(T) ? size : sizeof(T)); }
    std::vector<ring::descriptor>& descriptors() noexcept { return none_; }
    T take() noexcept { return value(); }
    /// The same as what a reader returns, copied once.
    std::optional<T> take_if() noexcept { return std::optional<T>(std::in_place, value()); }

private:
    const T& value() const noexcept { return *std::launder(reinterpret_cast<const T*>(room_)); }
    alignas(T) std::byte room_[sizeof(T)];
    std::vector<ring::descriptor> none_;
};

}  // namespace coil::process
