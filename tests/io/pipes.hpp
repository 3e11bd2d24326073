// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/io/fd_stream.hpp>

#include <unistd.h>

#include <array>
#include <stdexcept>
#include <utility>

namespace io_test {

// Both ends of a pipe, as streams.
struct stream_pipe {
    explicit stream_pipe(int flags = 0) {
        std::array<int, 2> ends{};
        if (pipe2(ends.data(), flags) != 0) throw std::runtime_error("no pipe can be made");
        reader = coil::fd_stream(ends[0]);
        writer = coil::fd_stream(ends[1]);
    }
    coil::fd_stream reader, writer;
};

}  // namespace io_test
