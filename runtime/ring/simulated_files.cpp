// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_files.hpp>

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace coil::ring {

simulated_end::simulated_end(std::shared_ptr<simulated_pipe> pipe, bool writes) noexcept
    : pipe_(std::move(pipe)), writes_(writes) {}

simulated_end::~simulated_end() {
    (writes_ ? pipe_->has_writer : pipe_->has_reader) = false;
}

bool simulated_end::ready() const noexcept {
    return poll() != 0;
}

short simulated_end::poll() const noexcept {
    if (writes_) {
        if (!pipe_->has_reader) return POLLOUT | POLLERR;
        return pipe_->bytes.size() < simulated_pipe::capacity ? POLLOUT : 0;
    }
    const short data = pipe_->bytes.empty() ? 0 : POLLIN;
    return static_cast<short>(pipe_->has_writer ? data : data | POLLHUP);
}

long simulated_end::read(void* to, std::size_t size) {
    if (writes_) return -EBADF;
    auto& bytes = pipe_->bytes;
    if (bytes.empty() && size != 0) return pipe_->has_writer ? -EAGAIN : 0;
    const auto n = static_cast<std::ptrdiff_t>(std::min(size, bytes.size()));
    std::copy_n(bytes.begin(), n, static_cast<std::byte*>(to));
    bytes.erase(bytes.begin(), bytes.begin() + n);
    return n;
}

long simulated_end::write(const void* from, std::size_t size) {
    if (!writes_) return -EBADF;
    if (!pipe_->has_reader) return -EPIPE;
    auto& bytes = pipe_->bytes;
    const std::size_t n = std::min(size, simulated_pipe::capacity - bytes.size());
    if (n == 0 && size != 0) return -EAGAIN;
    const auto* first = static_cast<const std::byte*>(from);
    bytes.insert(bytes.end(), first, first + n);
    return static_cast<long>(n);
}

std::array<int, 2> simulated_files::make_pipe() {
    auto pipe = std::make_shared<simulated_pipe>();
    const int reader = add(std::make_shared<simulated_end>(pipe, false));
    const int writer = add(std::make_shared<simulated_end>(pipe, true));
    return {reader, writer};
}

int simulated_files::add(std::shared_ptr<simulated_end> end) {
    int fd = lowest;
    for (const auto& [number, file] : open_) {
        if (number != fd) break;
        ++fd;
    }
    open_.emplace(fd, std::move(end));
    return fd;
}

std::shared_ptr<simulated_end> simulated_files::find(int fd) const {
    const auto at = open_.find(fd);
    return at == open_.end() ? nullptr : at->second;
}

int simulated_files::close(int fd) {
    return open_.erase(fd) == 0 ? -EBADF : 0;
}

}  // namespace coil::ring
