// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/resolve.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace coil::net {

/// Looks a name up and waits for it: 0, or an EAI_ number; with EAI_SYSTEM, errno says more. Called on any thread.
using name_lookup = int (*)(const std::string& host, const std::string& service, resolve_options options,
                            std::vector<endpoint>& found);

/// What `resolve` asks; at first getaddrinfo. Returns what it was: tests put theirs in its place.
name_lookup set_name_lookup(name_lookup lookup) noexcept;

/// Checks what is asked for, and answers what needs no resolver: an address as text. Errors: as `resolve`.
std::optional<endpoint> address_of_text(const std::string& host, const std::string& service, resolve_options options);

/// The port of a service: a number that `address_of_text` let through, or what the system calls it, for TCP.
/// Errors: EAI_SERVICE, as `resolve_failed` throws it.
std::uint16_t port_of(const std::string& service, const std::string& host);

/// Throws what a lookup that failed comes to: an EAI_ number; with EAI_SYSTEM, the errno.
[[noreturn]] void resolve_failed(int code, int error, const std::string& host);

}  // namespace coil::net
