// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace coil {

/// Cuts the middle out of a text that somebody else made, a name or a path, for the text of an error.
/// Shape: what is longer than `most` bytes keeps half of them at either end, "/srv/aaaa[...4488 bytes...]aaaa/x", never
/// half a character of UTF-8.
std::string shortened(std::string_view text, std::size_t most = 512);

}  // namespace coil
