// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/base/contract.hpp>

#include <cstdio>
#include <cstdlib>
#include <stdexcept>
#include <string>

namespace coil {

namespace {
std::string located(std::string_view text, place where) { return to_string(where).append(": ").append(text); }
}  // namespace

std::string to_string(place where) {
    return std::string(where.file_name()).append(":").append(std::to_string(where.line()));
}

void misuse(std::string_view text, place where) { throw std::logic_error(located(text, where)); }

void misuse(std::errc code, std::string_view text, place where) {
    throw std::system_error(std::make_error_code(code), located(text, where));
}

void bad_argument(std::string_view text, place where) { throw std::invalid_argument(located(text, where)); }

void broken(std::string_view text) noexcept {
    std::fprintf(stderr, "coil: %.*s\n", static_cast<int>(text.size()), text.data());
    std::abort();
}

}  // namespace coil
