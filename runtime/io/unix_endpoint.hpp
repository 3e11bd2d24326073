// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

struct sockaddr;

namespace coil::net {

/// Is the name of a Unix socket: a path in the file system, an abstract name (it begins with a zero byte, no file is
/// made, and it is gone with its last socket), or none.
/// Shape: a path has 1 to 107 bytes, an abstract name up to 107 behind the zero. Cost: 112 bytes; no allocation.
class unix_endpoint {
public:
    /// No name: what a socket has that was not bound.
    unix_endpoint() noexcept;
    /// Takes a path, or an abstract name if the first byte is zero.
    /// Errors: `std::system_error` with `errc::filename_too_long`, whose text says how long a name may be;
    /// `std::invalid_argument` for a path with a zero in the middle, and for an empty one.
    unix_endpoint(std::string_view name);  // NOLINT: a name may stand where a socket is named
    unix_endpoint(const char* name) : unix_endpoint(std::string_view(name)) {}
    unix_endpoint(const std::string& name) : unix_endpoint(std::string_view(name)) {}
    /// Takes an abstract name, without the zero. Errors: as above.
    static unix_endpoint abstract(std::string_view name);
    /// Takes a socket address as the kernel gives it. Errors: `std::invalid_argument` for another family.
    static unix_endpoint from(const sockaddr* address, std::size_t size);

    /// The path, or the abstract name without its zero; empty if there is none.
    std::string_view name() const noexcept;
    bool is_abstract() const noexcept;
    bool is_unnamed() const noexcept;

    /// The socket address, for the kernel.
    const sockaddr* data() const noexcept { return reinterpret_cast<const sockaddr*>(bytes_.data()); }
    unsigned size() const noexcept { return size_; }

    /// The least that has to be kept of it, as the name of a descriptor say; `from_kept` makes it of that again.
    std::span<const std::byte> kept() const noexcept;
    /// Shape: of nothing, the endpoint without a name.
    static unix_endpoint from_kept(std::span<const std::byte> bytes) noexcept;

    friend bool operator==(const unix_endpoint& a, const unix_endpoint& b) noexcept {
        return a.size_ == b.size_ && a.bytes_ == b.bytes_;
    }

private:
    // A sockaddr_un; what the name does not use is zero.
    alignas(std::uint16_t) std::array<std::byte, 110> bytes_{};
    std::uint16_t size_;
};

/// "unix:/run/a.sock", "unix:@name" for an abstract name, "unix:(unnamed)".
std::string to_string(const unix_endpoint& e);
std::ostream& operator<<(std::ostream& out, const unix_endpoint& e);

}  // namespace coil::net
