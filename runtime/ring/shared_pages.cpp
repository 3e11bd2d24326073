// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/shared_pages.hpp>

#include <coil/runtime/ring/standard_numbers.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <cerrno>

namespace coil::ring::shared_pages {

namespace {

// More than there is would be given page by page until the kernel has to kill somebody.
bool is_there(std::size_t bytes) noexcept {
    struct ::sysinfo all{};
    if (::sysinfo(&all) != 0) return true;
    return bytes / all.mem_unit <= all.totalram + all.totalswap;
}

long sealed(int fd, std::size_t bytes) noexcept {
    if (::ftruncate(fd, static_cast<off_t>(bytes)) != 0) return -errno;
    if (::fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) return -errno;
    return fd;
}

}  // namespace

long make(const char* name, std::size_t bytes) noexcept {
    if (bytes == 0) return -EINVAL;
    if (!is_there(bytes)) return -ENOMEM;
    hold_standard_numbers();
    const int fd = ::memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
    if (fd < 0) return -errno;
    const long r = sealed(fd, bytes);
    if (r < 0) ::close(fd);
    return r;
}

long forbid_new_writers(int fd) noexcept {
    return ::fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE) == 0 ? 0 : -errno;
}

std::int64_t size(int fd) noexcept {
    const int seals = ::fcntl(fd, F_GET_SEALS);
    struct ::stat status{};
    if (seals < 0 || (seals & F_SEAL_SHRINK) == 0 || ::fstat(fd, &status) != 0) return -EBADMSG;
    return status.st_size;
}

bool can_write(int fd) noexcept {
    const int seals = ::fcntl(fd, F_GET_SEALS);
    return seals >= 0 && (seals & (F_SEAL_FUTURE_WRITE | F_SEAL_WRITE)) == 0;
}

void* map(int fd, std::size_t bytes, bool writable) noexcept {
    void* const at = ::mmap(nullptr, bytes, writable ? PROT_READ | PROT_WRITE : PROT_READ, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED) return nullptr;
    ::madvise(at, bytes, MADV_DONTFORK);
    return at;
}

void unmap(void* at, std::size_t bytes) noexcept {
    ::munmap(at, bytes);
}

}  // namespace coil::ring::shared_pages
