// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_network.hpp>

#include <coil/runtime/ring/simulated_socket.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace coil::ring {

namespace {

constexpr unsigned first_free_port = 32768;
constexpr unsigned last_free_port = 60999;

// The address without its port, in both families.
std::string host_of(std::string_view address) {
    if (address.size() == sizeof(sockaddr_in)) return std::string(address.substr(4, 4));
    return std::string(address.substr(8, 16));
}

}  // namespace

simulated_place simulated_network::place_of(int type, std::string_view address) {
    sa_family_t family = AF_UNSPEC;
    if (address.size() >= sizeof family) std::memcpy(&family, address.data(), sizeof family);
    const std::size_t size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if ((family != AF_INET && family != AF_INET6) || address.size() < size) return {};
    address = address.substr(0, size);
    std::string key(type == SOCK_STREAM ? "tcp" : "udp");
    key.append(family == AF_INET ? "4 " : "6 ").append(std::to_string(port_of(address)));
    return {std::move(key), std::string(address)};
}

unsigned simulated_network::port_of(std::string_view address) noexcept {
    std::uint16_t port = 0;  // at the same offset in both families
    if (address.size() >= 4) std::memcpy(&port, address.data() + 2, sizeof port);
    return ntohs(port);
}

std::string simulated_network::with_port(std::string_view address, unsigned port) {
    std::string changed(address);
    const std::uint16_t number = htons(static_cast<std::uint16_t>(port));
    std::memcpy(changed.data() + 2, &number, sizeof number);
    return changed;
}

bool simulated_network::is_any(std::string_view address) noexcept {
    const std::string host = host_of(address);
    return std::all_of(host.begin(), host.end(), [](char c) { return c == '\0'; });
}

long simulated_network::bind(simulated_socket& s, simulated_place at) {
    if (s.is_ip() && port_of(at.name) == 0) {
        at.name = with_port(at.name, free_port(at));
        at.key = place_of(s.type(), at.name).key;
    } else if (conflicts(s, at)) {
        return -EADDRINUSE;
    }
    bound_[at.key].push_back(&s);
    s.key = std::move(at.key);
    s.local = std::move(at.name);
    return 0;
}

unsigned simulated_network::free_port(const simulated_place& at) {
    for (;;) {
        const unsigned port =
            std::exchange(next_port_, next_port_ == last_free_port ? first_free_port : next_port_ + 1);
        const std::string key = at.key.substr(0, at.key.find(' ') + 1) + std::to_string(port);
        if (!bound_.contains(key)) return port;
    }
}

bool simulated_network::conflicts(const simulated_socket& s, const simulated_place& at) {
    const auto found = bound_.find(at.key);
    if (found == bound_.end()) return false;
    if (!s.is_ip()) return true;
    const auto both = [&s](const simulated_socket& other, int option) {
        return s.flag(SOL_SOCKET, option) && other.flag(SOL_SOCKET, option);
    };
    return std::any_of(found->second.begin(), found->second.end(), [&](const simulated_socket* other) {
        const bool apart = !is_any(at.name) && !is_any(other->local) && host_of(at.name) != host_of(other->local);
        return !apart && !both(*other, SO_REUSEPORT) && !(both(*other, SO_REUSEADDR) && !other->is_listening());
    });
}

bool simulated_network::is_taken(const simulated_socket& by) {
    const auto found = bound_.find(by.key);
    if (found == bound_.end() || !by.is_ip()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](const simulated_socket* other) {
        const bool apart = !is_any(by.local) && !is_any(other->local) && host_of(by.local) != host_of(other->local);
        const bool shared = by.flag(SOL_SOCKET, SO_REUSEPORT) && other->flag(SOL_SOCKET, SO_REUSEPORT);
        return other != &by && other->is_listening() && !apart && !shared;
    });
}

void simulated_network::leave(simulated_socket& s) noexcept {
    const auto found = bound_.find(s.key);
    if (found == bound_.end()) return;
    std::erase(found->second, &s);
    if (found->second.empty()) bound_.erase(found);
}

simulated_socket* simulated_network::find(const simulated_place& at, bool listening) {
    const auto found = bound_.find(at.key);
    if (found == bound_.end()) return nullptr;
    std::vector<simulated_socket*> exact, any;
    for (simulated_socket* s : found->second) {
        if (listening && !s->is_listening()) continue;
        if (!s->is_ip() || s->local == at.name || host_of(s->local) == host_of(at.name)) exact.push_back(s);
        else if (is_any(s->local)) any.push_back(s);
        else if (is_any(at.name)) any.push_back(s);
    }
    const auto& all = exact.empty() ? any : exact;
    if (all.empty()) return nullptr;
    return all.size() == 1 ? all.front() : all[random_.draw(all.size())];
}

std::string simulated_network::own_key() {
    return "own " + std::to_string(++keys_);
}

}  // namespace coil::ring
