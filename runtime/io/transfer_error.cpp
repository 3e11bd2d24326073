// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/transfer_error.hpp>

#include <coil/runtime/base/shortened.hpp>

#include <exception>

namespace coil {

namespace {

// "read_at /etc/motd". A zero in a name would end the text of an exception.
std::string named(std::string_view operation, std::string_view object) {
    std::string text(operation);
    if (!object.empty()) text.push_back(' ');
    for (const char c : shortened(object)) {
        if (c == '\0') text.append("\\0");
        else text.push_back(c);
    }
    return text;
}

}  // namespace

transfer_error::transfer_error(int error, const std::string& text, std::size_t transferred)
    : std::system_error(error, std::system_category(), text), transferred_(transferred) {}

error operation_error(int error, std::string_view operation, std::string_view object) {
    return coil::error(std::error_code(error, std::system_category()), named(operation, object));
}

error transfer_failure(int error, std::string_view operation, std::string_view object, std::size_t moved,
                       std::size_t wanted) {
    std::string text = named(operation, object);
    if (moved != 0)
        text.append(" after ")
            .append(std::to_string(moved))
            .append(" of ")
            .append(std::to_string(wanted))
            .append(" bytes");
    const transfer_error thrown(error, text, moved);
    return coil::error(thrown, std::make_exception_ptr(thrown));
}

}  // namespace coil
