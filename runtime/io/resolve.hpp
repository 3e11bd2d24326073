// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/endpoint.hpp>

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <vector>

namespace coil::net {

/// Chooses among the addresses of a host.
enum class address_family : std::uint8_t { any, v4, v6 };

struct resolve_options {
    address_family family = address_family::any;
};

/// Is the category of what a resolver answers (EAI_NONAME and its like), with the resolver's texts.
const std::error_category& resolver_category() noexcept;

task<std::vector<endpoint>> resolve_name(std::string host, std::string service, resolve_options options);

/// Finds the addresses of a host: `co_await resolve("localhost", 80)`.
/// Shape: a name, or an address as text, which no resolver is asked for; a port, or the name of a service ("https").
/// Completes: with at least one endpoint, in the order in which they are best tried (RFC 6724, as getaddrinfo has it).
/// Errors: `std::system_error` of the resolver's category, or of errno's: "resolve nohost.invalid: Name or service not
/// known". `std::invalid_argument` for a port that is none, and for an empty host.
/// Cancel: ends at once; the lookup is abandoned, and what it finds goes to nobody.
/// Cost: a call on a thread for blocking calls; for an address as text, none.
/// Source: getaddrinfo(3)
inline task<std::vector<endpoint>> resolve(std::string_view host, std::string_view service,
                                           resolve_options options = {}) {
    return resolve_name(std::string(host), std::string(service), options);
}
template <std::integral Port>
    requires(!std::same_as<std::remove_cv_t<Port>, bool>)
task<std::vector<endpoint>> resolve(std::string_view host, Port port, resolve_options options = {}) {
    return resolve_name(std::string(host), std::to_string(port), options);
}

}  // namespace coil::net
