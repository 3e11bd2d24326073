// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/simulated_bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace coil::ring {

// How much an operation may move, if a fault cuts it short.
inline constexpr std::size_t no_limit = ~std::size_t{0};

// What a descriptor refers to. It lives while a descriptor, a request in flight or a message under way refers to it.
// Every operation answers with a count, 0 at the end, -EAGAIN where it would wait, or another negative errno.
class simulated_file {
public:
    explicit simulated_file(int status_flags) noexcept : status(status_flags) {}
    virtual ~simulated_file() = default;
    simulated_file(const simulated_file&) = delete;
    simulated_file& operator=(const simulated_file&) = delete;

    // An offset of -1 is the file's own position. At most `most` bytes, whatever the parts hold.
    virtual long read(simulated_parts to, std::int64_t offset, std::size_t most);
    virtual long write(simulated_parts from, std::int64_t offset, std::size_t most);
    // The POLLIN, POLLOUT, POLLHUP and POLLERR that hold.
    virtual short poll() const noexcept = 0;
    // How much a write would take now; for whoever has read it already and cannot give it back.
    virtual std::size_t room() const noexcept { return no_limit; }
    virtual bool is_pipe() const noexcept { return false; }
    // A file on the disk, or a directory: it never waits, and it has its own faults.
    virtual bool is_on_disk() const noexcept { return false; }

    bool reads() const noexcept;
    bool writes() const noexcept;

    int status;  // the access mode, O_APPEND, O_NONBLOCK
};

}  // namespace coil::ring
