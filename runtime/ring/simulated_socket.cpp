// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_socket.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace coil::ring {

simulated_socket::simulated_socket(simulated_network& net, int domain, int type, int status_flags) noexcept
    : simulated_file(status_flags), net_(net), domain_(domain), type_(type) {
    if (domain == AF_UNIX) local.assign("\1\0", sizeof(sa_family_t));
}

simulated_socket::~simulated_socket() {
    if (!key.empty()) net_.leave(*this);
}

bool simulated_socket::is_ip() const noexcept {
    return domain_ != AF_UNIX;
}

long simulated_socket::listen(int) {
    return -EOPNOTSUPP;
}

std::pair<long, std::shared_ptr<simulated_socket>> simulated_socket::accept() {
    return {-EOPNOTSUPP, nullptr};
}

long simulated_socket::reset() {
    return -ECONNRESET;
}

long simulated_socket::read(simulated_parts to, std::int64_t, std::size_t most) {
    simulated_envelope nobody_looks;
    return receive(to, most, 0, nobody_looks);
}

long simulated_socket::write(simulated_parts from, std::int64_t, std::size_t most) {
    return send(from, most, 0, nullptr, {});
}

void simulated_socket::bind_towards(const std::string& to) {
    if (!is_ip()) return;
    if (key.empty()) net_.bind(*this, net_.place_of(type_, net_.with_port(to, 0)));
    else if (net_.is_any(local)) local = net_.with_port(to, net_.port_of(local));
}

long simulated_socket::set_option(int level, int name, const void* value, unsigned size) {
    if (level == IPPROTO_TCP && (type_ != SOCK_STREAM || !is_ip())) return -EOPNOTSUPP;
    if (value == nullptr || size == 0) return -EINVAL;
    options_[{level, name}].assign(static_cast<const char*>(value), size);
    return 0;
}

long simulated_socket::get_option(int level, int name, void* value, unsigned* size) {
    if (level == IPPROTO_TCP && (type_ != SOCK_STREAM || !is_ip())) return -EOPNOTSUPP;
    const auto answer = [&](const void* from, std::size_t have) {
        *size = std::min(*size, static_cast<unsigned>(have));
        std::memcpy(value, from, *size);
        return 0L;
    };
    if (level == SOL_SOCKET) {
        int number = -1;
        switch (name) {
        case SO_ERROR:
            number = take_error();
            break;
        case SO_TYPE:
            number = type_;
            break;
        case SO_DOMAIN:
            number = domain_;
            break;
        case SO_ACCEPTCONN:
            number = is_listening() ? 1 : 0;
            break;
        case SO_PROTOCOL:
            number = !is_ip() ? 0 : type_ == SOCK_STREAM ? IPPROTO_TCP : IPPROTO_UDP;
            break;
        default:
            break;
        }
        if (number >= 0) return answer(&number, sizeof number);
    }
    if (const auto set = options_.find({level, name}); set != options_.end())
        return answer(set->second.data(), set->second.size());
    const int off = 0;
    return answer(&off, sizeof off);
}

bool simulated_socket::flag(int level, int name) const {
    const auto set = options_.find({level, name});
    return set != options_.end() &&
           std::any_of(set->second.begin(), set->second.end(), [](char c) { return c != '\0'; });
}

}  // namespace coil::ring
