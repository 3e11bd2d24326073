// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/whole_file.hpp>

#include <coil/runtime/async/blocking.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/thread_state.hpp>
#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/open.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/file_operations.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/ring.hpp>

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

namespace {

// How far a job came: the step that failed, and the errno.
struct written {
    const char* failed = nullptr;
    int error = 0;
    bool writing = false;  // which has moved `count` bytes
    std::size_t count = 0;
};

// Waiting for a device is what threads are for: an entry of each step would go to one of the kernel's, four times.
written write_here(ring::ring& r, const std::string& path, byte_view data) noexcept {
    using ring::call;
    written w;
    const auto step = [&](const char* name, long result) {
        if (result < 0 && w.failed == nullptr) {
            w.failed = name;
            w.error = static_cast<int>(-result);
        }
        return result;
    };
    const auto again = [](auto f) {
        long result = f();
        while (result == -EINTR)
            result = f();
        return result;
    };
    const int fd = static_cast<int>(step("open", again([&] {
        return r.now(call::open(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0666));
    })));
    if (fd < 0) return w;
    while (w.count != data.size() && w.failed == nullptr) {
        const long n = step("write_at", again([&] {
            return r.now(call::pwrite(fd, data.data() + w.count, data.size() - w.count, static_cast<std::int64_t>(w.count)));
        }));
        if (n > 0) w.count += static_cast<std::size_t>(n);
        else if (n == 0) step("write_at", -EIO);
        w.writing = w.failed != nullptr;
    }
    if (w.failed == nullptr) step("sync", again([&] { return r.now(call::fsync(fd, true)); }));
    step("close", r.close(fd));
    return w;
}

constexpr std::size_t most_in_one_job = std::size_t{1} << 20;

}  // namespace

task<> write_file(std::filesystem::path path, byte_view data, write_options options) {
    const bool has_zero = path.native().find('\0') != std::string::npos;  // `open` refuses it
    if (options.durable && data.size() <= most_in_one_job && !has_zero) {
        ring::ring& entries = ring::io_home_for(*this_thread.current).entries;
        const auto job = [&] { return write_here(entries, path.native(), data); };
        const written w = co_await blocking(job);
        if (w.failed == nullptr) co_return;
        if (w.writing) transfer_failure(w.error, w.failed, path.native(), w.count, data.size()).rethrow();
        operation_error(w.error, w.failed, path.native()).rethrow();
    }
    file f = co_await open(std::move(path), mode::write);
    co_await f.write_at(data, 0);
    if (options.durable) co_await f.sync_data();
    co_await f.close();
}

}  // namespace coil::fs
