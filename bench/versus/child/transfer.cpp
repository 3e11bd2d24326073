// SPDX-License-Identifier: BSL-1.0
#include "child/transfer.hpp"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace versus {

void write_all(int fd, std::span<const std::byte> bytes, std::string_view what) {
    while (!bytes.empty()) {
        const ssize_t n = ::write(fd, bytes.data(), bytes.size());
        if (n >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(n));
        } else if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "write " + std::string(what));
        }
    }
}

void write_all(int fd, std::string_view text, std::string_view what) {
    write_all(fd, std::as_bytes(std::span(text)), what);
}

std::size_t read_some(int fd, std::span<std::byte> into, std::string_view what) {
    for (;;) {
        const ssize_t n = ::read(fd, into.data(), into.size());
        if (n >= 0) return static_cast<std::size_t>(n);
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "read " + std::string(what));
        }
    }
}

bool read_exactly(int fd, std::span<std::byte> into, std::string_view what) {
    std::size_t got = 0;
    while (got < into.size()) {
        const std::size_t n = read_some(fd, into.subspan(got), what);
        if (n == 0) {
            if (got == 0) return false;
            throw std::runtime_error("read " + std::string(what) + ": it ended in the middle of a message");
        }
        got += n;
    }
    return true;
}

std::string read_rest(int fd, std::string_view what) {
    std::string text;
    std::array<std::byte, 16384> chunk;
    while (const std::size_t n = read_some(fd, chunk, what)) {
        text.append(reinterpret_cast<const char*>(chunk.data()), n);
    }
    return text;
}

}  // namespace versus
