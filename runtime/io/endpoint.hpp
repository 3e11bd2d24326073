// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <compare>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

struct sockaddr;

namespace coil::net {

/// Is an IP address and a port: where a socket listens, or whom it speaks to.
/// Shape: IPv4 or IPv6; by default 0.0.0.0 with port 0. Ordered by family, address and port.
/// Cost: 32 bytes; no allocation, no system call, and no name is looked up.
class endpoint {
public:
    endpoint() noexcept;
    /// Takes an address as text ("127.0.0.1", "::1", "[::1]", "fe80::1%2") and a port.
    /// Errors: `std::invalid_argument` if the text is no address, or the port is not in 0 to 65535.
    template <std::integral Port>
    requires(!std::same_as<std::remove_cv_t<Port>, bool>) endpoint(std::string_view host, Port port)
        : endpoint(host, checked(host, port), numeric()) {}

    /// Takes both from one text: "127.0.0.1:8080", "[::1]:8080". Errors: `std::invalid_argument`.
    static endpoint parse(std::string_view text);
    /// Every IPv4 address of this machine. Errors: as the constructor.
    template <std::integral Port>
    static endpoint any(Port port) {
        return endpoint("0.0.0.0", port);
    }
    /// Takes a socket address as the kernel gives it. Errors: `std::invalid_argument` for a family that is not IP.
    static endpoint from(const sockaddr* address, std::size_t size);

    /// The address alone: "127.0.0.1", "::1".
    std::string host() const;
    std::uint16_t port() const noexcept;
    bool is_v4() const noexcept;
    bool is_v6() const noexcept { return !is_v4(); }

    /// The socket address, for the kernel.
    const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(bytes_.data()); }
    unsigned size() const noexcept;
    int family() const noexcept;

    /// The least that has to be kept of it, as the name of a descriptor say; `from_kept` makes it of that again.
    std::span<const std::byte> kept() const noexcept;
    /// Shape: of anything else, nothing say, the endpoint of the default constructor.
    static endpoint from_kept(std::span<const std::byte> bytes) noexcept;

    friend bool operator==(const endpoint& a, const endpoint& b) noexcept { return a.bytes_ == b.bytes_; }
    friend std::strong_ordering operator<=>(const endpoint& a, const endpoint& b) noexcept;

private:
    friend struct std::hash<endpoint>;
    struct numeric {};
    endpoint(std::string_view host, std::uint16_t port, numeric);

    template <class Port>
    static std::uint16_t checked(std::string_view host, Port port) {
        if (std::cmp_less(port, 0) || std::cmp_greater(port, 65535)) bad_port(host, std::to_string(port));
        return static_cast<std::uint16_t>(port);
    }
    [[noreturn]] static void bad_port(std::string_view host, std::string_view port);

    // A sockaddr_in or sockaddr_in6; what its kind does not use is zero.
    alignas(std::uint32_t) std::array<std::byte, 28> bytes_{};
};

/// "127.0.0.1:8080", "[::1]:8080": what `endpoint::parse` takes.
std::string to_string(const endpoint& e);
std::ostream& operator<<(std::ostream& out, const endpoint& e);

}  // namespace coil::net

template <>
struct std::hash<coil::net::endpoint> {
    std::size_t operator()(const coil::net::endpoint& e) const noexcept;
};
