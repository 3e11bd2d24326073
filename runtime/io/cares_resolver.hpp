// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/version.hpp>
#if !COIL_HAS_CARES
#error "this coil was built without c-ares: meson setup -Dcares=enabled, with c-ares (Debian: libc-ares-dev)"
#endif
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/endpoint.hpp>
#include <coil/runtime/io/resolve.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace coil::net {

class cares_settings_kept;

/// Says whom a `cares_resolver` asks, and for how long. What is left out is as /etc/resolv.conf has it.
struct cares_settings {
    std::string_view servers;  // "10.0.0.1,127.0.0.1:5353,::1,[::1]:5353"; port 53 where none is said
    any_duration patience = nanoseconds::zero();  // for the first answer; c-ares waits longer for the next
    int tries = 0;                                // how often each server is asked
};

/// Finds the addresses of hosts by asking name servers itself, where `resolve` asks the system on a thread: a lookup is
/// sockets and timers of the loop, so thousands may be under way, and one that is stopped is over.
/// Shape: it knows /etc/hosts and name servers, not what else the system may be set up with (mDNS, LDAP). Simulated, it
/// asks as `resolve` does.
/// Errors: `std::system_error` for servers that are none.
/// Threads: any, also several at once. Lifetime: lookups that are under way may outlive it.
/// Source: ares_getaddrinfo(3)
class cares_resolver {
public:
    explicit cares_resolver(const cares_settings& settings = {});

    /// Finds the addresses of a host: `co_await names.resolve("example.org", 443)`.
    /// Shape, Completes, Errors: as `coil::net::resolve`; `errc::timed_out` if no server answers, and
    /// `errc::connection_refused` if none is there. Cancel: ends at once; nothing of it is left.
    /// Cost: a socket for each server that is asked; some allocations and small files (/etc/hosts), read on the spot.
    task<std::vector<endpoint>> resolve(std::string_view host, std::string_view service,
                                        resolve_options options = {}) const {
        return ask(settings_, std::string(host), std::string(service), options);
    }
    template <std::integral Port>
        requires(!std::same_as<std::remove_cv_t<Port>, bool>)
    task<std::vector<endpoint>> resolve(std::string_view host, Port port, resolve_options options = {}) const {
        return ask(settings_, std::string(host), std::to_string(port), options);
    }

private:
    using kept = std::shared_ptr<const cares_settings_kept>;
    static task<std::vector<endpoint>> ask(kept settings, std::string host, std::string service,
                                           resolve_options options);
    kept settings_;
};

}  // namespace coil::net
