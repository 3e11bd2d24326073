// SPDX-License-Identifier: BSL-1.0
#include <coil/process/manager_frames.hpp>

#include <coil/process/codec.hpp>
#include <coil/process/patience.hpp>
#include <coil/process/worker_link.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <algorithm>
#include <cstring>

namespace coil::process {

namespace {
// A wait that was shorter than a wake-up costs would better have been spun for.
constexpr nanoseconds short_wait{60'000};
}  // namespace

std::vector<std::byte> framed(std::span<const std::byte> message) {
    const auto size = static_cast<std::uint32_t>(message.size());
    std::vector<std::byte> out(sizeof(size) + message.size());
    std::memcpy(out.data(), &size, sizeof(size));
    if (!message.empty()) std::memcpy(out.data() + sizeof(size), message.data(), message.size());
    return out;
}

task<std::size_t> frame_reader::some(net::unix_stream& from, std::span<std::byte> to) {
    for (unsigned left = looks_; left != 0 && spins_of_task() != 0; --left) {
        const std::size_t n = receive_now(from.native_handle(), to);
        if (n == 0) continue;
        looks_ = most_looks;
        co_return n;
    }
    looks_ = std::max(looks_ / 2, 1U);
    const time_point before = this_thread.here->now();
    const std::size_t n = co_await from.read(to);
    if (this_thread.here->now() - before < short_wait) looks_ = std::min(4 * looks_, most_looks);
    co_return n;
}

task<bool> frame_reader::next(net::unix_stream& from, std::vector<std::byte>& message) {
    std::uint32_t size = 0;
    while (end_ - begin_ < sizeof(size)) {
        std::copy(ahead_.begin() + begin_, ahead_.begin() + end_, ahead_.begin());
        end_ -= begin_;
        begin_ = 0;
        const std::size_t n = co_await some(from, std::span(ahead_).subspan(end_));
        if (n == 0) co_return false;
        end_ += n;
    }
    std::memcpy(&size, ahead_.data() + begin_, sizeof(size));
    begin_ += sizeof(size);
    if (size > largest) bad_message("a message that is too long");
    message.resize(size);
    const std::size_t here = std::min<std::size_t>(size, end_ - begin_);
    std::copy_n(ahead_.begin() + begin_, here, message.begin());
    begin_ += here;
    if (here < size) co_await from.read_exactly(std::span(message).subspan(here));
    co_return true;
}

}  // namespace coil::process
