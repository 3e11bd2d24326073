// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/file_operations.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/company.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <limits>

namespace coil::fs {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

// What is in memory is copied on the loop's thread, by a try as by an entry; after so much others get a turn.
constexpr std::size_t most_at_once = std::size_t{1} << 20;

bool in_range(std::uint64_t offset, std::size_t size) noexcept {
    constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return offset <= last && size <= last - offset;
}

}  // namespace

// ---- read_at

constinit const ring::operation_table read_at_await::table =
    operation::kind("read", purpose::other, trial::always, &prepare, &attempt, &goes_on);
// A read past the cache that may not wait for memory or blocks still waits for the device, and the loop with it.
constinit const ring::operation_table read_at_await::untried =
    operation::kind("read", purpose::other, trial::never, &prepare, nullptr, &goes_on);

bool read_at_await::await_ready() {
    return in_range(offset_, size()) ? whole_transfer::await_ready() : refuse(-EINVAL);
}

void read_at_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<read_at_await&>(o);
    ring::prepare_read(e, self.fd(), self.to_ + self.done(), std::min(self.left(), most_at_once),
                       static_cast<std::int64_t>(self.offset_ + self.done()));
}

// Goes on after a part, which may mean the end of the file or only of what is in memory; but not for long.
long read_at_await::attempt(operation& o, ring::ring& r) noexcept {
    if (ring::has_company()) return -EAGAIN;
    auto& self = static_cast<read_at_await&>(o);
    for (;;) {
        const std::size_t size = std::min(self.left(), most_at_once - self.done());
        const long count = r.now(call::read(self.fd(), self.to_ + self.done(), size,
                                            static_cast<std::int64_t>(self.offset_ + self.done())));
        if (count <= 0) return count;
        if (!goes_on(o, static_cast<int>(count))) return count;
        if (self.done() >= most_at_once) return -EAGAIN;
    }
}

error read_at_await::failure(int error) const {
    return transfer_failure(error, "read_at", as_text(name_of_descriptor()), done(), size());
}

// ---- write_at

constinit const ring::operation_table write_at_await::table =
    operation::kind("write", purpose::other, trial::off_loop, &prepare, &attempt, &goes_on);
constinit const ring::operation_table write_at_await::untried =
    operation::kind("write", purpose::other, trial::never, &prepare, nullptr, &goes_on);

bool write_at_await::await_ready() {
    return in_range(offset_, size()) ? whole_transfer::await_ready() : refuse(-EINVAL);
}

void write_at_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<write_at_await&>(o);
    ring::prepare_write(e, self.fd(), self.from_ + self.done(), std::min(self.left(), most_at_once),
                        static_cast<std::int64_t>(self.offset_ + self.done()), 0);
}

long write_at_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<write_at_await&>(o);
    return tried(o, r.now(call::write(self.fd(), self.from_, std::min(self.size(), most_at_once),
                                      static_cast<std::int64_t>(self.offset_))));
}

int write_at_await::outcome() {
    const int r = whole_transfer::await_resume();
    // a device that takes nothing and says nothing
    return r == 0 && size() != 0 ? -EIO : r;
}

error write_at_await::failure(int error) const {
    return transfer_failure(error, "write_at", as_text(name_of_descriptor()), done(), size());
}

// ---- size, sync, close

constinit const ring::operation_table file_size_await::table =
    operation::kind("statx", purpose::other, trial::always, &prepare, &attempt);

// The kernel gives an entry of this kind to a thread of its own, for a few instructions.
long file_size_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<file_size_await&>(o);
    return r.now(call::statx(self.fd(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, STATX_SIZE,
                             reinterpret_cast<struct statx*>(self.status_.data())));
}

void file_size_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<file_size_await&>(o);
    static_assert(sizeof(struct statx) == sizeof self.status_);
    ring::prepare_statx(e, self.fd(), "", AT_EMPTY_PATH, STATX_SIZE,
                        reinterpret_cast<struct statx*>(self.status_.data()));
}

std::uint64_t file_size_await::value(int) const noexcept {
    struct statx status;
    std::memcpy(&status, status_.data(), sizeof status);
    return status.stx_size;
}

error file_size_await::failure(int error) const {
    return operation_error(error, "size", as_text(name_of_descriptor()));
}

error sync_await::failure(int error) const {
    return operation_error(error, "sync", as_text(name_of_descriptor()));
}

error close_file_await::failure(int error) const {
    return operation_error(error, "close", name_or(name_, name_of_descriptor()));
}

}  // namespace coil::fs
