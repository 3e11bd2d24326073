// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_pipe.hpp>

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace coil::ring {

std::array<std::shared_ptr<simulated_pipe>, 2> simulated_pipe::make(int flags) {
    auto bytes = std::make_shared<simulated_bytes>(capacity);
    return {std::make_shared<simulated_pipe>(bytes, flags | O_RDONLY),
            std::make_shared<simulated_pipe>(bytes, flags | O_WRONLY)};
}

simulated_pipe::simulated_pipe(std::shared_ptr<simulated_bytes> bytes, int flags) noexcept
    : simulated_file(flags), bytes_(std::move(bytes)) {}

simulated_pipe::~simulated_pipe() {
    (writes() ? bytes_->ended : bytes_->refused) = true;
}

short simulated_pipe::poll() const noexcept {
    if (writes()) {
        if (bytes_->refused) return POLLOUT | POLLERR;
        return bytes_->room() != 0 ? POLLOUT : 0;
    }
    const short data = bytes_->size() == 0 ? 0 : POLLIN;
    return static_cast<short>(bytes_->ended ? data | POLLHUP : data);
}

long simulated_pipe::read(simulated_parts to, std::int64_t, std::size_t most) {
    if (!reads()) return -EBADF;
    if (size_of(to) == 0) return 0;
    if (bytes_->size() == 0) return bytes_->ended ? 0 : -EAGAIN;
    return static_cast<long>(bytes_->take(to, most, false, nullptr));
}

long simulated_pipe::write(simulated_parts from, std::int64_t, std::size_t most) {
    if (!writes()) return -EBADF;
    const std::size_t size = size_of(from);
    if (size == 0) return 0;
    if (bytes_->refused) return -EPIPE;
    if (size <= atomic_size) {
        if (bytes_->room() < size) return -EAGAIN;
        most = no_limit;
    }
    if (bytes_->room() == 0) return -EAGAIN;
    return static_cast<long>(bytes_->put(from, most));
}

}  // namespace coil::ring
