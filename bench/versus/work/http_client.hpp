// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace versus {

/// Sends one request to 127.0.0.1:port over a connection of its own, with blocking calls; returns the body of the answer.
/// Errors: std::system_error or std::runtime_error that names the address and the target.
std::string http_call(std::uint16_t port, std::string_view method, std::string_view target, std::string_view body = {});

}  // namespace versus
