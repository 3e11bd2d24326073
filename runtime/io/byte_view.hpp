// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <concepts>
#include <cstddef>
#include <ranges>
#include <type_traits>

namespace coil {

template <class R>
concept range_of_bytes = std::ranges::contiguous_range<R> && std::ranges::sized_range<R> &&
    std::is_trivially_copyable_v<std::ranges::range_value_t<R>>;

/// Refers to memory that is read from: what `write` takes.
/// Shape: any contiguous range of trivially copyable elements (string, vector, array, span), as it lies in memory; a
/// string literal counts without its final zero. Lifetime: what it refers to lives until the operation was awaited.
class byte_view {
public:
    byte_view() noexcept = default;
    byte_view(const void* data, std::size_t size) noexcept : data_(static_cast<const std::byte*>(data)), size_(size) {}
    template <class R>
        requires range_of_bytes<R> && (!std::same_as<std::remove_cvref_t<R>, byte_view>)
    byte_view(R&& range) noexcept
        : byte_view(std::ranges::data(range), std::ranges::size(range) * sizeof(std::ranges::range_value_t<R>)) {}
    template <std::size_t N>
    byte_view(const char (&literal)[N]) noexcept : byte_view(literal, literal[N - 1] == '\0' ? N - 1 : N) {}

    const std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    const std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

/// Refers to memory that is written to: what `read` takes.
/// Shape: any contiguous range of trivially copyable elements that may be written; all of it. Lifetime: what it refers
/// to lives until the operation was awaited, and is nobody else's before.
class byte_span {
public:
    byte_span() noexcept = default;
    byte_span(void* data, std::size_t size) noexcept : data_(static_cast<std::byte*>(data)), size_(size) {}
    template <class R>
        requires range_of_bytes<R> && (!std::same_as<std::remove_cvref_t<R>, byte_span>) &&
                 (!std::is_const_v<std::remove_reference_t<std::ranges::range_reference_t<R>>>) &&
                 (std::is_lvalue_reference_v<R> || std::ranges::borrowed_range<R>)
    byte_span(R&& range) noexcept
        : byte_span(std::ranges::data(range), std::ranges::size(range) * sizeof(std::ranges::range_value_t<R>)) {}

    std::byte* data() const noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }

private:
    std::byte* data_ = nullptr;
    std::size_t size_ = 0;
};

}  // namespace coil
