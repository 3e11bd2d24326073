// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <cstdint>
#include <string_view>

namespace coil::ring {

// A file that one process writes without a loop: by threads that may wait for a disk. Each call returns 0 or a negative
// errno. Threads: one at a time.
class output_file {
public:
    output_file() noexcept = default;
    output_file(const output_file&) = delete;
    output_file& operator=(const output_file&) = delete;
    ~output_file() { close(); }

    // Makes it, or empties it. -EWOULDBLOCK: another open file of this kind is the same one, and is left as it is.
    int open(const char* path) noexcept;
    // All of it, or an error.
    int write_at(std::int64_t offset, std::string_view bytes) noexcept;
    int truncate(std::int64_t size) noexcept;
    void close() noexcept;
    bool is_open() const noexcept { return fd_ >= 0; }

private:
    int fd_ = -1;
};

}  // namespace coil::ring
