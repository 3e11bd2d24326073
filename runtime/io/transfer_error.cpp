// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/transfer_error.hpp>

#include <exception>

namespace coil {

transfer_error::transfer_error(int error, const std::string& text, std::size_t transferred)
    : std::system_error(error, std::system_category(), text), transferred_(transferred) {}

error operation_error(int error, std::string_view operation, std::string_view object) {
    std::string text(operation);
    if (!object.empty()) text.append(" ").append(object);
    return coil::error(std::error_code(error, std::system_category()), std::move(text));
}

error transfer_failure(int error, std::string_view operation, std::string_view object, std::size_t moved,
                       std::size_t wanted) {
    std::string text(operation);
    if (!object.empty()) text.append(" ").append(object);
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
