// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/whole_file.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/ring/file_operations.hpp>
#include <coil/runtime/ring/io_home.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace coil::fs {

namespace {

constexpr std::size_t first_guess = 4096;

// The size as this machine knows it: a network file system is not asked, which would take its time. It is a hint.
std::uint64_t known_size(int fd) noexcept {
    struct statx status {};
    if (ring::call_here(ring::call::statx(fd, "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE, &status)) < 0)
        return 0;
    return status.stx_size;
}

task<std::string> read_to_end(file& f) {
    std::string text;
    std::size_t length = 0;
    for (;;) {
        if (length == text.size()) text.resize(std::max(first_guess, 2 * length));
        const int count = co_await ring::read_operation(descriptor_of(f), text.data() + length, text.size() - length);
        if (count < 0) throw_errno(-count, "read", f.name());
        if (count == 0) break;
        length += static_cast<std::size_t>(count);
    }
    text.resize(length);
    co_return text;
}

}  // namespace

task<std::string> read_file(std::filesystem::path path) {
    file f = co_await open(std::move(path));
    const std::uint64_t size = known_size(f.native_handle());
    if (size == 0) co_return co_await read_to_end(f);
    std::string text(size, '\0');
    const std::size_t count = co_await f.read_at(text, 0);
    text.resize(count);
    co_return text;
}

task<> write_file(std::filesystem::path path, byte_view data, write_options options) {
    file f = co_await open(std::move(path), mode::write);
    co_await f.write_at(data, 0);
    if (options.durable) co_await f.sync_data();
    co_await f.close();
}

}  // namespace coil::fs
