// SPDX-License-Identifier: BSL-1.0
#pragma once
/// The parts that versus plays when it starts itself again. They are no options: a user never types them.
namespace versus::role {

inline constexpr const char* server = "@server";
inline constexpr const char* measured = "@measured";

}  // namespace versus::role
