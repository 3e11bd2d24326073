// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/endpoint.hpp>

#include <coil/runtime/base/shortened.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <ostream>
#include <stdexcept>
#include <system_error>

namespace coil::net {

namespace {

using address_bytes = std::array<std::byte, 28>;
static_assert(sizeof(sockaddr_in6) == sizeof(address_bytes) && sizeof(sockaddr_in) < sizeof(address_bytes));

constexpr std::size_t kept_from = sizeof(sa_family_t);
constexpr std::size_t kept_of_v4 = sizeof(in_port_t) + sizeof(in_addr);
constexpr std::size_t kept_of_v6 = sizeof(sockaddr_in6) - kept_from;

template <class Address>
Address get(const address_bytes& from) noexcept {
    Address a;
    std::memcpy(&a, from.data(), sizeof a);
    return a;
}

template <class Address>
void put(address_bytes& to, const Address& a) noexcept {
    to = {};
    std::memcpy(to.data(), &a, sizeof a);
}

[[noreturn]] void refuse(std::string_view text, std::string_view why) {
    throw std::invalid_argument("endpoint \"" + shortened(text) + "\": " + std::string(why));
}

// What stands behind the % of an IPv6 address.
std::uint32_t scope_of(std::string_view zone, std::string_view host) {
    std::uint32_t id = 0;
    const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), id);
    if (error != std::errc() || end != zone.data() + zone.size())
        refuse(host, "the part behind the % has to be the number of an interface");
    return id;
}

sockaddr_in plain_v4(std::uint16_t port) noexcept {
    sockaddr_in a{};
    a.sin_family = AF_INET;
    a.sin_port = htons(port);
    return a;
}

sockaddr_in6 plain_v6(std::uint16_t port) noexcept {
    sockaddr_in6 a{};
    a.sin6_family = AF_INET6;
    a.sin6_port = htons(port);
    return a;
}

}  // namespace

endpoint::endpoint() noexcept {
    put(bytes_, plain_v4(0));
}

endpoint::endpoint(std::string_view host, std::uint16_t port, numeric) {
    std::string_view bare = host;
    if (bare.size() > 1 && bare.front() == '[' && bare.back() == ']') bare = bare.substr(1, bare.size() - 2);
    const std::size_t percent = bare.find('%');
    const std::string text(bare.substr(0, percent));
    // inet_pton reads up to a zero
    if (text.find('\0') == std::string::npos) {
        sockaddr_in v4 = plain_v4(port);
        if (bare.size() == host.size() && percent == bare.npos && inet_pton(AF_INET, text.c_str(), &v4.sin_addr) == 1) {
            put(bytes_, v4);
            return;
        }
        sockaddr_in6 v6 = plain_v6(port);
        if (inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr) == 1) {
            if (percent != bare.npos) v6.sin6_scope_id = scope_of(bare.substr(percent + 1), host);
            put(bytes_, v6);
            return;
        }
    }
    refuse(host, "no IPv4 or IPv6 address (of a name, coil::net::resolve finds the addresses)");
}

// An address without its family, which the size tells, and without what is zero in it.
std::span<const std::byte> endpoint::kept() const noexcept {
    static_assert(offsetof(sockaddr_in, sin_port) == kept_from && offsetof(sockaddr_in6, sin6_port) == kept_from);
    return std::span(bytes_).subspan(kept_from, is_v4() ? kept_of_v4 : kept_of_v6);
}

endpoint endpoint::from_kept(std::span<const std::byte> bytes) noexcept {
    endpoint made;
    if (bytes.size() == kept_of_v6) put(made.bytes_, plain_v6(0));
    else if (bytes.size() != kept_of_v4) return made;
    std::ranges::copy(bytes, made.bytes_.begin() + kept_from);
    return made;
}

endpoint endpoint::parse(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == text.npos) refuse(text, "there is no port: \"127.0.0.1:8080\", \"[::1]:8080\"");
    const std::string_view host = text.substr(0, colon);
    if (host.find(':') != host.npos && host.front() != '[') refuse(text, "an IPv6 address with a port stands in []");
    const std::string_view digits = text.substr(colon + 1);
    long port = -1;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (error != std::errc() || end != digits.data() + digits.size() || digits.front() == '-') bad_port(host, digits);
    return endpoint(host, port);
}

endpoint endpoint::from(const sockaddr* address, std::size_t size) {
    endpoint e;
    if (address != nullptr && address->sa_family == AF_INET && size >= sizeof(sockaddr_in)) {
        sockaddr_in in;
        std::memcpy(&in, address, sizeof in);
        sockaddr_in v4 = plain_v4(ntohs(in.sin_port));
        v4.sin_addr = in.sin_addr;
        put(e.bytes_, v4);
    } else if (address != nullptr && address->sa_family == AF_INET6 && size >= sizeof(sockaddr_in6)) {
        sockaddr_in6 in;
        std::memcpy(&in, address, sizeof in);
        sockaddr_in6 v6 = plain_v6(ntohs(in.sin6_port));
        v6.sin6_addr = in.sin6_addr;
        v6.sin6_scope_id = in.sin6_scope_id;
        put(e.bytes_, v6);
    } else {
        refuse("", "the socket address is neither IPv4 nor IPv6");
    }
    return e;
}

void endpoint::bad_port(std::string_view host, std::string_view port) {
    refuse(host, "the port " + std::string(port) + " is not in 0 to 65535");
}

int endpoint::family() const noexcept {
    return get<sockaddr_in>(bytes_).sin_family;
}

bool endpoint::is_v4() const noexcept {
    return family() == AF_INET;
}

unsigned endpoint::size() const noexcept {
    return is_v4() ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
}

std::uint16_t endpoint::port() const noexcept {
    // both kinds have it at the same place
    static_assert(offsetof(sockaddr_in, sin_port) == offsetof(sockaddr_in6, sin6_port));
    return ntohs(get<sockaddr_in>(bytes_).sin_port);
}

std::string endpoint::host() const {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (is_v4()) {
        const auto v4 = get<sockaddr_in>(bytes_);
        return inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    }
    const auto v6 = get<sockaddr_in6>(bytes_);
    std::string host = inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
    if (v6.sin6_scope_id != 0) host.append("%").append(std::to_string(v6.sin6_scope_id));
    return host;
}

std::strong_ordering operator<=>(const endpoint& a, const endpoint& b) noexcept {
    if (const auto c = a.is_v6() <=> b.is_v6(); c != 0) return c;
    // Behind the port the bytes are the address in network order and, at last, the scope.
    constexpr std::size_t behind = offsetof(sockaddr_in, sin_port) + sizeof(in_port_t);
    if (const int c = std::memcmp(a.bytes_.data() + behind, b.bytes_.data() + behind, a.bytes_.size() - behind); c != 0)
        return c <=> 0;
    return a.port() <=> b.port();
}

std::string to_string(const endpoint& e) {
    std::string text = e.host();
    if (!e.is_v4()) text = std::string(1, '[').append(text).append(1, ']');
    return text.append(1, ':').append(std::to_string(e.port()));
}

std::ostream& operator<<(std::ostream& out, const endpoint& e) {
    return out << to_string(e);
}

}  // namespace coil::net

std::size_t std::hash<coil::net::endpoint>::operator()(const coil::net::endpoint& e) const noexcept {
    return std::hash<std::string_view>()({reinterpret_cast<const char*>(e.bytes_.data()), e.bytes_.size()});
}
