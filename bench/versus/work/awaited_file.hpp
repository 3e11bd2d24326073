// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace versus {

/// The functions of file_content.hpp with awaits where those block: the same pieces, so the same results.
/// Lifetime: `path` outlives the task.
coil::task<std::uint64_t> awaited_checksum_of_file(const std::string& path, std::size_t most);
coil::task<std::vector<std::byte>> awaited_content_of(const std::string& path, std::size_t most);

}  // namespace versus
