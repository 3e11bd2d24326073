// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/io/unix_stream.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace coil::process {

/// Writes a request or an answer with its size in front.
std::vector<std::byte> framed(std::span<const std::byte> message);

/// Reads what `framed` wrote out of a stream.
/// Shape: it looks for some microseconds before it sleeps, as long as that pays and nothing else is ready on its loop:
/// who asks again and again meets a manager that is awake, and neither side is woken by the kernel.
/// Errors: `std::system_error`; `errc::bad_message` for more than `largest`. Threads: one.
class frame_reader {
public:
    /// The next message; false if the stream ends before it.
    task<bool> next(net::unix_stream& from, std::vector<std::byte>& message);
    /// What was read ahead is nothing to the stream that comes now.
    void restart() noexcept { begin_ = end_ = 0; }

private:
    static constexpr std::uint32_t largest = std::uint32_t{1} << 30;
    static constexpr unsigned most_looks = 64;  // system calls of a quarter of a microsecond each
    task<std::size_t> some(net::unix_stream& from, std::span<std::byte> to);

    std::array<std::byte, 1024> ahead_;
    std::size_t begin_ = 0, end_ = 0;
    unsigned looks_ = most_looks;
};

}  // namespace coil::process
