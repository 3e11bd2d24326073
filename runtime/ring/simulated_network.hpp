// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_random.hpp>

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

struct sockaddr;

namespace coil::ring {

class simulated_socket;

// Where a socket can be found. `name` is the address as programs give it (a sockaddr's bytes); `key` what sockets that
// could answer to it have in common: protocol and port, or the file of a path.
struct simulated_place {
    std::string key;
    std::string name;
};

// Which socket listens where. Every IP address belongs to the simulated machine.
class simulated_network {
public:
    explicit simulated_network(simulated_random& random) noexcept : random_(random) {}

    // The place of an IP address for sockets of a type. An empty key if it is no address.
    static simulated_place place_of(int type, std::string_view address);
    static unsigned port_of(std::string_view address) noexcept;
    static std::string with_port(std::string_view address, unsigned port);
    static bool is_any(std::string_view address) noexcept;

    // Gives a socket its place; a port of 0 becomes a free one. 0 or -EADDRINUSE.
    long bind(simulated_socket& s, simulated_place at);
    void leave(simulated_socket& s) noexcept;
    // Who is there and answers; of several one that is drawn. `listening` asks for those that accept.
    simulated_socket* find(const simulated_place& at, bool listening);
    // True if another socket listens where this one would.
    bool is_taken(const simulated_socket& by);
    // A key that nobody else has, for sockets without a name.
    std::string own_key();
    simulated_random& random() noexcept { return random_; }

private:
    bool conflicts(const simulated_socket& s, const simulated_place& at);
    unsigned free_port(const simulated_place& at);

    simulated_random& random_;
    std::map<std::string, std::vector<simulated_socket*>, std::less<>> bound_;
    unsigned next_port_ = 32768;
    std::uint64_t keys_ = 0;
};

}  // namespace coil::ring
