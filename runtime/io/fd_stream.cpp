// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/fd_stream.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <fcntl.h>

namespace coil {

namespace {

constexpr int last_standard = 2;

std::string name_of(int fd) {
    return "fd " + std::to_string(fd);
}

int checked(long r, int fd) {
    if (r < 0) throw_errno(static_cast<int>(-r), "fd_stream", name_of(fd));
    return static_cast<int>(r);
}

}  // namespace

fd_stream::fd_stream(ring::descriptor d, std::string name)
    : fd_(std::move(d)), name_(std::make_shared<const std::string>(std::move(name))) {}

fd_stream::fd_stream(int fd) {
    if (fd >= 0 && fd <= last_standard) {
        *this = borrow(fd);
        return;
    }
    checked(ring::call_here(ring::call::fcntl(fd, F_GETFD)), fd);
    name_ = std::make_shared<const std::string>(name_of(fd));
    fd_ = ring::descriptor(fd, ring::keeper_here());
}

fd_stream fd_stream::borrow(int fd) {
    const int own = checked(ring::call_here(ring::call::dup(fd)), fd);
    return fd_stream(ring::descriptor(own, ring::keeper_here()), name_of(fd));
}

}  // namespace coil
