// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstddef>
#include <span>
#include <string>

namespace versus {

using sha256_value = std::array<std::byte, 32>;

/// SHA-256 by OpenSSL; `rounds` above 1 hashes the bytes again with the value of the round before in front of them.
sha256_value sha256(std::span<const std::byte> bytes, unsigned rounds = 1);

/// Lower case, two digits a byte.
std::string hex(std::span<const std::byte> bytes);

}  // namespace versus
