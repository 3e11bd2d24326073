// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/frames.hpp>

#include <coil/runtime/io/transfer_error.hpp>

#include <cerrno>
#include <cstdint>
#include <limits>
#include <string>

namespace coil {

std::array<std::byte, frame_goal::head> frame_head(std::size_t size) {
    if (size > std::numeric_limits<std::uint32_t>::max())
        operation_error(EMSGSIZE, "write_frame", "of " + std::to_string(size) + " bytes").rethrow();
    return {static_cast<std::byte>(size >> 24), static_cast<std::byte>(size >> 16 & 0xff),
            static_cast<std::byte>(size >> 8 & 0xff), static_cast<std::byte>(size & 0xff)};
}

}  // namespace coil
