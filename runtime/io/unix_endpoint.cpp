// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/unix_endpoint.hpp>

#include <coil/runtime/base/shortened.hpp>

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ostream>
#include <stdexcept>
#include <system_error>

namespace coil::net {

namespace {

constexpr std::size_t before_name = offsetof(sockaddr_un, sun_path);
constexpr std::size_t room = sizeof(sockaddr_un::sun_path);
static_assert(sizeof(sockaddr_un) == 110 && room == 108);

// A path is followed by a zero, an abstract name begins with one: either way 107 bytes are the user's.
void check_length(std::string_view shown) {
    if (shown.size() < room) return;
    throw std::system_error(ENAMETOOLONG, std::system_category(),
                            "unix_endpoint \"" + shortened(shown) + "\" has " + std::to_string(shown.size()) +
                                " bytes, a Unix socket's name at most " + std::to_string(room - 1));
}

}  // namespace

unix_endpoint::unix_endpoint() noexcept : size_(sizeof(sa_family_t)) {
    const sa_family_t family = AF_UNIX;
    std::memcpy(bytes_.data(), &family, sizeof family);
}

unix_endpoint::unix_endpoint(std::string_view name) : unix_endpoint() {
    const bool is_path = !name.empty() && name.front() != '\0';
    if (name.empty())
        throw std::invalid_argument("unix_endpoint \"\": a name is a path, or abstract if it begins with a zero");
    check_length(is_path ? name : name.substr(1));
    if (is_path && name.find('\0') != name.npos)
        throw std::invalid_argument("unix_endpoint \"" + std::string(name.substr(0, name.find('\0'))) +
                                    "\\0...\": a path has no zero in it");
    std::memcpy(bytes_.data() + before_name, name.data(), name.size());
    size_ = static_cast<std::uint16_t>(before_name + name.size() + (is_path ? 1 : 0));
}

unix_endpoint unix_endpoint::abstract(std::string_view name) {
    return unix_endpoint(std::string(1, '\0').append(name));
}

unix_endpoint unix_endpoint::from(const sockaddr* address, std::size_t size) {
    unix_endpoint e;
    if (size == 0) return e;  // what the kernel tells of a peer without a name
    if (address == nullptr || size < sizeof(sa_family_t) || address->sa_family != AF_UNIX)
        throw std::invalid_argument("unix_endpoint: the socket address is not that of a Unix socket");
    size = std::min<std::size_t>(size, sizeof(sockaddr_un));
    std::memcpy(e.bytes_.data(), address, size);
    if (size > before_name && e.bytes_[before_name] != std::byte{}) {
        const auto* const path = reinterpret_cast<const char*>(e.bytes_.data()) + before_name;
        const std::size_t length = strnlen(path, size - before_name);
        std::fill(e.bytes_.begin() + static_cast<std::ptrdiff_t>(before_name + length), e.bytes_.end(), std::byte{});
        // the kernel takes a path of 108 bytes without a zero behind it
        size = std::min(before_name + length + 1, sizeof(sockaddr_un));
    }
    e.size_ = static_cast<std::uint16_t>(size);
    return e;
}

std::span<const std::byte> unix_endpoint::kept() const noexcept {
    return std::span(bytes_).subspan(before_name, size_ - before_name);
}

unix_endpoint unix_endpoint::from_kept(std::span<const std::byte> bytes) noexcept {
    unix_endpoint made;
    const auto kept = bytes.first(std::min(bytes.size(), made.bytes_.size() - before_name));
    std::ranges::copy(kept, made.bytes_.begin() + before_name);
    made.size_ = static_cast<std::uint16_t>(before_name + kept.size());
    return made;
}

bool unix_endpoint::is_unnamed() const noexcept {
    return size_ <= before_name;
}

bool unix_endpoint::is_abstract() const noexcept {
    return size_ > before_name && bytes_[before_name] == std::byte{};
}

std::string_view unix_endpoint::name() const noexcept {
    if (is_unnamed()) return {};
    const auto* const text = reinterpret_cast<const char*>(bytes_.data()) + before_name;
    if (is_abstract()) return {text + 1, size_ - before_name - 1};
    return {text, strnlen(text, size_ - before_name)};
}

std::string to_string(const unix_endpoint& e) {
    if (e.is_unnamed()) return "unix:(unnamed)";
    return (e.is_abstract() ? "unix:@" : "unix:") + std::string(e.name());
}

std::ostream& operator<<(std::ostream& out, const unix_endpoint& e) {
    return out << to_string(e);
}

}  // namespace coil::net
