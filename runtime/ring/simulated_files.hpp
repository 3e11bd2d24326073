// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <array>
#include <cstddef>
#include <deque>
#include <map>
#include <memory>

namespace coil::ring {

// What both ends of an in-memory pipe share.
struct simulated_pipe {
    static constexpr std::size_t capacity = 65536;
    std::deque<std::byte> bytes;
    bool has_reader = true;
    bool has_writer = true;
};

// One end of an in-memory pipe. Like an open file it lives while a descriptor or a request in flight refers to it.
class simulated_end {
public:
    simulated_end(std::shared_ptr<simulated_pipe> pipe, bool writes) noexcept;
    ~simulated_end();
    simulated_end(const simulated_end&) = delete;
    simulated_end& operator=(const simulated_end&) = delete;

    bool writes() const noexcept { return writes_; }
    // True if `read` or `write`, whichever fits, would not answer -EAGAIN.
    bool ready() const noexcept;
    // The POLLIN, POLLOUT, POLLHUP and POLLERR that hold.
    short poll() const noexcept;
    // Bytes moved, 0 at the end, or -EAGAIN, -EPIPE, -EBADF.
    long read(void* to, std::size_t size);
    long write(const void* from, std::size_t size);

private:
    const std::shared_ptr<simulated_pipe> pipe_;
    const bool writes_;
};

// The descriptors of a simulation. Like the kernel it gives the lowest free number first, but far above real ones.
class simulated_files {
public:
    static constexpr int lowest = 1'000'000;

    std::array<int, 2> make_pipe();
    int add(std::shared_ptr<simulated_end> end);
    // Null if there is none.
    std::shared_ptr<simulated_end> find(int fd) const;
    // 0 or -EBADF. Requests in flight keep the file, not the number.
    int close(int fd);

private:
    std::map<int, std::shared_ptr<simulated_end>> open_;
};

}  // namespace coil::ring
