// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/output_file.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>

namespace coil::ring {

int output_file::open(const char* path) noexcept {
    close();
    const int fd = ::open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (fd < 0) return -errno;
    // emptied under the lock only; what cannot be locked or emptied (a device) is written as it is
    if (::flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        ::close(fd);
        return -EWOULDBLOCK;
    }
    if (::ftruncate(fd, 0) != 0 && errno != EINVAL) {
        const int error = errno;
        ::close(fd);
        return -error;
    }
    fd_ = fd;
    return 0;
}

int output_file::write_at(std::int64_t offset, std::string_view bytes) noexcept {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(fd_, bytes.data(), bytes.size(), offset);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return -errno;
        if (n == 0) return -EIO;
        bytes.remove_prefix(static_cast<std::size_t>(n));
        offset += n;
    }
    return 0;
}

int output_file::truncate(std::int64_t size) noexcept {
    return ::ftruncate(fd_, size) == 0 ? 0 : -errno;
}

void output_file::close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

}  // namespace coil::ring
