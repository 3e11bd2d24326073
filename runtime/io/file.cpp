// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/file.hpp>

namespace coil::fs {

file::file(ring::descriptor d, std::string_view name, bool direct) : descriptor_(std::move(d)), direct_(direct) {
    descriptor_.set_name(std::as_bytes(std::span(name)));
}

}  // namespace coil::fs
