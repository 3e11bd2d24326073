// SPDX-License-Identifier: BSL-1.0
#include "work/file_content.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "child/descriptor.hpp"
#include "work/checksum.hpp"

namespace versus {
namespace {

descriptor open_to_read(const std::string& path) {
    descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (!file.open()) throw std::system_error(errno, std::generic_category(), "open " + path);
    return file;
}

// Fills `into` unless the file ends first.
std::size_t fill(int fd, std::span<std::byte> into, const std::string& path) {
    std::size_t got = 0;
    while (got < into.size()) {
        const ssize_t n = ::read(fd, into.data() + got, into.size() - got);
        if (n == 0) break;
        if (n < 0) {
            if (errno == EINTR) continue;
            throw std::system_error(errno, std::generic_category(), "read " + path);
        }
        got += static_cast<std::size_t>(n);
    }
    return got;
}

}  // namespace

std::uint64_t checksum_of_file(const std::string& path, std::size_t most) {
    thread_local std::vector<std::byte> chunk(file_chunk_bytes);
    const descriptor file = open_to_read(path);
    checksum sum;
    for (std::size_t left = most; left > 0;) {
        const std::size_t n = fill(file.get(), std::span(chunk).first(std::min(left, chunk.size())), path);
        sum.add(std::span(chunk).first(n));
        left -= n;
        if (n < chunk.size()) break;
    }
    return sum.value();
}

std::vector<std::byte> content_of(const std::string& path, std::size_t most) {
    const descriptor file = open_to_read(path);
    struct stat about{};
    if (::fstat(file.get(), &about) != 0) throw std::system_error(errno, std::generic_category(), "stat " + path);
    std::vector<std::byte> bytes(std::min(static_cast<std::size_t>(about.st_size), most));
    bytes.resize(fill(file.get(), bytes, path));
    return bytes;
}

void forget(const std::string& path) {
    const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (file.open()) ::posix_fadvise(file.get(), 0, 0, POSIX_FADV_DONTNEED);
}

double share_in_memory(std::span<const std::string> paths) {
    std::size_t asked = 0;
    std::size_t there = 0;
    for (const std::string& path : paths) {
        const descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        if (!file.open()) continue;
        // mincore(2) tells the truth to the file's owner only; a read that must not wait tells it to everybody.
        std::byte one;
        const iovec into{&one, 1};
        const ssize_t n = ::preadv2(file.get(), &into, 1, 0, RWF_NOWAIT);
        if (n == 0) continue;
        ++asked;
        there += (n > 0 || errno != EAGAIN) ? 1u : 0u;
    }
    return asked == 0 ? 1.0 : static_cast<double>(there) / static_cast<double>(asked);
}

}  // namespace versus
