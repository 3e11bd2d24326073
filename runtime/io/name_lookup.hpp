// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/resolve.hpp>

#include <string>
#include <vector>

namespace coil::net {

/// Looks a name up and waits for it: 0, or an EAI_ number; with EAI_SYSTEM, errno says more. Called on any thread.
using name_lookup = int (*)(const std::string& host, const std::string& service, resolve_options options,
                            std::vector<endpoint>& found);

/// What `resolve` asks; at first getaddrinfo. Returns what it was: tests put theirs in its place.
name_lookup set_name_lookup(name_lookup lookup) noexcept;

}  // namespace coil::net
