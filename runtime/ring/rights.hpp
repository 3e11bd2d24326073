// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/descriptor.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

/// Descriptors that go to another process by a pair of sockets, each lot under a number; nothing here waits.
namespace coil::ring::rights {

inline constexpr std::size_t most_at_once = 253;

/// Makes a pair of sockets that keep each message whole. Errors: `std::system_error`.
void make_pair(descriptor& sends, descriptor& receives);
/// 0, or a negative errno: -EAGAIN if the line is full.
long send(int socket, std::uint64_t number, std::span<const int> descriptors) noexcept;
/// The number of the next lot, or 0 if there is none; its descriptors are added to `to`, close-on-exec.
/// Errors: `std::bad_alloc`.
std::uint64_t receive(int socket, std::vector<descriptor>& to);

}  // namespace coil::ring::rights
