// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/errors.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/shortened.hpp>

#include <string>

namespace coil {

timed_out::timed_out(std::size_t transferred, place where)
    : std::system_error(std::make_error_code(std::errc::timed_out), to_string(where) + ": the deadline has passed"),
      transferred_(transferred) {}

void throw_errno(int error, std::string_view what, std::string_view object) {
    std::string text(what);
    if (!object.empty()) text.append(" ").append(shortened(object));
    throw std::system_error(error, std::system_category(), text);
}

}  // namespace coil
