// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace versus {

/// Mixes bytes into one number, a word at a time: cheap beside the reading of them, and any change shows.
/// Shape: how the bytes are cut into calls of add() does matter; each item cuts them the same way in every mode.
class checksum {
public:
    void add(std::span<const std::byte> bytes) {
        while (bytes.size() >= sizeof(std::uint64_t)) {
            std::uint64_t word;
            std::memcpy(&word, bytes.data(), sizeof word);
            mix(word);
            bytes = bytes.subspan(sizeof word);
        }
        std::uint64_t tail = bytes.size();
        for (const std::byte byte : bytes)
            tail = (tail << 8) | std::to_integer<std::uint64_t>(byte);
        mix(tail);
    }
    [[nodiscard]] std::uint64_t value() const { return state_ ^ (state_ >> 32); }

private:
    void mix(std::uint64_t word) { state_ = std::rotl(state_ ^ word, 23) * 0x9e3779b97f4a7c15u; }

    std::uint64_t state_ = 0x243f6a8885a308d3u;
};

inline std::uint64_t checksum_of(std::span<const std::byte> bytes) {
    checksum sum;
    sum.add(bytes);
    return sum.value();
}
inline std::uint64_t checksum_of(std::string_view text) {
    return checksum_of(std::as_bytes(std::span(text)));
}

}  // namespace versus
