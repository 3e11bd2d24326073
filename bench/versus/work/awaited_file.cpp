// SPDX-License-Identifier: BSL-1.0
#include "work/awaited_file.hpp"

#include <coil/runtime/io/file.hpp>

#include <algorithm>
#include <memory>
#include <span>

#include "work/checksum.hpp"
#include "work/file_content.hpp"

namespace versus {

coil::task<std::uint64_t> awaited_checksum_of_file(const std::string& path, std::size_t most) {
    coil::fs::file file = co_await coil::fs::open(path);
    // Not filled beforehand: most files are far smaller than a piece.
    const auto memory = std::make_unique_for_overwrite<std::byte[]>(file_chunk_bytes);
    const std::span chunk(memory.get(), file_chunk_bytes);
    checksum sum;
    for (std::size_t done = 0; done < most;) {
        const std::size_t n = co_await file.read_at(chunk.first(std::min(most - done, chunk.size())), done);
        sum.add(chunk.first(n));
        done += n;
        if (n < chunk.size()) break;
    }
    co_return sum.value();
}

coil::task<std::vector<std::byte>> awaited_content_of(const std::string& path, std::size_t most) {
    coil::fs::file file = co_await coil::fs::open(path);
    const std::uint64_t size = co_await file.size();
    std::vector<std::byte> bytes(static_cast<std::size_t>(std::min<std::uint64_t>(size, most)));
    const std::size_t n = co_await file.read_at(bytes, 0);
    bytes.resize(n);
    co_return bytes;
}

}  // namespace versus
