// SPDX-License-Identifier: BSL-1.0
#include <coil/process/codec.hpp>

#include <coil/runtime/base/errors.hpp>

#include <cerrno>

namespace coil::process {

void bad_message(const char* what) { throw_errno(EBADMSG, "decode", what); }

std::size_t decode_length(decoder& from, std::size_t least) {
    const auto length = from.value<std::uint64_t>();
    if (length > from.left() / least) bad_message("a length that is more than the message");
    return static_cast<std::size_t>(length);
}

}  // namespace coil::process
