// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <bitset>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace coil::ring {

/// Names what some kernels from 6.1 on have and others lack.
enum class feature : std::uint8_t {
    absolute_deadline,  ///< a wait can be given a point of the clock (6.12), and no time namespace shifts that clock
    provided_buffers,   ///< the ring picks a buffer when bytes are there (5.19)
    registered_ring,    ///< the ring's descriptor is registered with its thread (can be full)
    send_message,       ///< a thread without a ring can post a completion into one (6.13)
    write_no_signal,    ///< a write to a closed pipe can be asked not to raise SIGPIPE (6.18)
};
inline constexpr std::size_t feature_count = 5;

/// Is a set of features and of opcodes: what a ring has, or what a test hides from it.
struct features {
    std::bitset<feature_count> named;
    std::bitset<256> opcodes;

    bool has(feature f) const noexcept { return named.test(static_cast<std::size_t>(f)); }
    bool has(std::uint8_t opcode) const noexcept { return opcodes.test(opcode); }
    features& add(feature f) noexcept { return named.set(static_cast<std::size_t>(f)), *this; }
    features& add(std::uint8_t opcode) noexcept { return opcodes.set(opcode), *this; }
    features& remove(const features& hidden) noexcept {
        return named &= ~hidden.named, opcodes &= ~hidden.opcodes, *this;
    }
};

/// Reads a list like "absolute_deadline,send_message,opcode 55"; "all" is every named feature.
/// Errors: a name that does not exist is `std::invalid_argument`, whose text lists those that do.
features parse_features(std::string_view list);

/// What the environment variable COIL_RING_HIDE hides from every ring of this process.
features hidden_by_environment();

}  // namespace coil::ring
