// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/file.hpp>

namespace coil::fs {

file::file(ring::descriptor d, std::string name, bool direct)
    : descriptor_(std::move(d)), name_(std::make_shared<const std::string>(std::move(name))), direct_(direct) {}

}  // namespace coil::fs
