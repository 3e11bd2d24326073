// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/resolve.hpp>

#include <coil/runtime/async/from_callback.hpp>
#include <coil/runtime/base/shortened.hpp>
#include <coil/runtime/coro/node.hpp>
#include <coil/runtime/io/name_lookup.hpp>
#include <coil/runtime/sched/blocking_threads.hpp>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <memory>
#include <optional>
#include <stdexcept>

namespace coil::net {

namespace {

class category final : public std::error_category {
public:
    const char* name() const noexcept override { return "resolver"; }
    std::string message(int code) const override { return gai_strerror(code); }
    std::error_condition default_error_condition(int code) const noexcept override {
        switch (code) {
        case EAI_AGAIN:
            return std::errc::resource_unavailable_try_again;
        case EAI_MEMORY:
            return std::errc::not_enough_memory;
        case EAI_FAMILY:
            return std::errc::address_family_not_supported;
        default:
            return {code, *this};
        }
    }
};

int ask_the_system(const std::string& host, const std::string& service, resolve_options options,
                   std::vector<endpoint>& found) {
    addrinfo hints{};
    hints.ai_family = options.family == address_family::v4   ? AF_INET
                      : options.family == address_family::v6 ? AF_INET6
                                                             : AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;  // otherwise each address comes once per kind of socket
    addrinfo* list = nullptr;
    if (const int r = ::getaddrinfo(host.c_str(), service.c_str(), &hints, &list); r != 0) return r;
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owned(list, &::freeaddrinfo);
    for (const addrinfo* a = list; a != nullptr; a = a->ai_next)
        if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
            found.push_back(endpoint::from(a->ai_addr, a->ai_addrlen));
    return found.empty() ? EAI_NODATA : 0;
}

constinit std::atomic<name_lookup> lookup{&ask_the_system};

// Owns all that the lookup reads and writes, because nobody may be left when it ends. Frees itself.
struct lookup_job : job {
    lookup_job(std::string h, std::string s, resolve_options o, resolver<std::vector<endpoint>> r) noexcept
        : job(&run), host(std::move(h)), service(std::move(s)), options(o), answer(std::move(r)) {}

    static void run(job& j) noexcept {
        const std::unique_ptr<lookup_job> self(static_cast<lookup_job*>(&j));
        std::exception_ptr thrown;  // handed over once this thread has left the handler, and with it the exception
        try {
            std::vector<endpoint> found;
            if (const int r = lookup.load()(self->host, self->service, self->options, found); r != 0)
                resolve_failed(r, errno, self->host);
            self->answer(std::move(found));
        } catch (...) {
            thrown = std::current_exception();
        }
        if (thrown) self->answer.set_error(std::move(thrown));
    }

    std::string host, service;
    resolve_options options;
    resolver<std::vector<endpoint>> answer;
};

std::optional<unsigned> as_port(const std::string& service) noexcept {
    unsigned port = 0;
    const auto [end, error] = std::from_chars(service.data(), service.data() + service.size(), port);
    if (error != std::errc() || end != service.data() + service.size()) return std::nullopt;
    return port;
}

std::optional<endpoint> as_address(const std::string& host, unsigned port) {
    // a name with a colon is an IPv6 address; one without a digit at its end no IPv4 address
    const bool may_be = host.find(':') != host.npos || (host.back() >= '0' && host.back() <= '9');
    if (!may_be) return std::nullopt;
    try {
        return endpoint(host, port);
    } catch (const std::invalid_argument&) {
        return std::nullopt;  // "fe80::1%eth0", say: the system knows it
    }
}

bool fits(const endpoint& e, address_family f) noexcept {
    return f == address_family::any || (f == address_family::v4) == e.is_v4();
}

}  // namespace

const std::error_category& resolver_category() noexcept {
    static const category one;
    return one;
}

name_lookup set_name_lookup(name_lookup l) noexcept {
    return lookup.exchange(l);
}

void resolve_failed(int code, int error, const std::string& host) {
    const std::string text = "resolve " + shortened(host);
    if (code == EAI_SYSTEM) throw std::system_error(error, std::system_category(), text);
    throw std::system_error(code, resolver_category(), text);
}

std::optional<endpoint> address_of_text(const std::string& host, const std::string& service, resolve_options options) {
    if (host.empty()) throw std::invalid_argument("resolve: the host is empty");
    if (host.find('\0') != host.npos || service.find('\0') != service.npos)
        throw std::invalid_argument("resolve " + shortened(host.substr(0, host.find('\0'))) + ": a name has no zero in it");
    const auto port = as_port(service);
    const std::size_t sign = service.starts_with('-') ? 1 : 0;
    const bool is_number = service.size() > sign && service.find_first_not_of("0123456789", sign) == service.npos;
    if (is_number && (!port || *port > 65535))
        throw std::invalid_argument("resolve " + shortened(host) + ": the port " + shortened(service) + " is not in 0 to 65535");
    if (const auto address = port ? as_address(host, *port) : std::nullopt) {
        if (!fits(*address, options.family)) resolve_failed(EAI_ADDRFAMILY, 0, host);
        return address;
    }
    return std::nullopt;
}

std::uint16_t port_of(const std::string& service, const std::string& host) {
    if (const auto port = as_port(service)) return static_cast<std::uint16_t>(*port);
    servent entry{}, *found = nullptr;
    std::array<char, 4096> names{};
    if (::getservbyname_r(service.c_str(), "tcp", &entry, names.data(), names.size(), &found) != 0 || found == nullptr)
        resolve_failed(EAI_SERVICE, 0, host);
    return ntohs(static_cast<std::uint16_t>(found->s_port));
}

task<std::vector<endpoint>> resolve_name(std::string host, std::string service, resolve_options options) {
    if (auto address = address_of_text(host, service, options)) co_return std::vector<endpoint>(1, *address);
    const auto ask = [&](resolver<std::vector<endpoint>> answer) {
        auto one = std::make_unique<lookup_job>(host, service, options, std::move(answer));
        blocking_pool().submit(*one);
        static_cast<void>(one.release());  // it frees itself
    };
    co_return co_await from_callback<std::vector<endpoint>>(ask);
}

}  // namespace coil::net
