// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/fd_operations.hpp>

#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <algorithm>
#include <cerrno>

namespace coil {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

// What is in memory is copied on the loop's thread; after so much others get a turn.
constexpr std::size_t most_at_once = std::size_t{1} << 20;

}  // namespace

bool patience::goes_on(int result) noexcept {
    if (result == -EINTR) return true;
    if (polls_) {
        polls_ = false;
        return result >= 0;
    }
    if (result != -EAGAIN) {
        in_vain_ = 0;
        return false;
    }
    if (in_vain_ < 2) ++in_vain_;
    polls_ = true;
    return true;
}

// ---- read

constinit const ring::operation_table fd_read_await::table =
    operation::kind("read", purpose::reading, trial::off_loop, &prepare, &attempt, &goes_on);

void fd_read_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<fd_read_await&>(o);
    if (self.patience_.polls()) return ring::prepare_poll_readable(e, self.fd());
    ring::prepare_read(e, self.fd(), self.to_.data(), self.to_.size(), -1);
    if (self.patience_.needs_thread()) ring::prepare_on_thread(e);
}

long fd_read_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<fd_read_await&>(o);
    return r.now(call::read(self.fd(), self.to_.data(), self.to_.size()));
}

bool fd_read_await::goes_on(operation& o, int result) noexcept {
    return static_cast<fd_read_await&>(o).patience_.goes_on(result);
}

error fd_read_await::failure(int error) const {
    return operation_error(error, "read", name_or(name_, name_of_descriptor()));
}

// ---- read_exactly

constinit const ring::operation_table fd_read_exactly_await::table =
    operation::kind("read", purpose::reading, trial::off_loop, &prepare, &attempt, &goes_on);

void fd_read_exactly_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<fd_read_exactly_await&>(o);
    if (self.patience_.polls()) return ring::prepare_poll_readable(e, self.fd());
    ring::prepare_read(e, self.fd(), self.to_ + self.done(), std::min(self.left(), most_at_once), -1);
    if (self.patience_.needs_thread()) ring::prepare_on_thread(e);
}

long fd_read_exactly_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<fd_read_exactly_await&>(o);
    return tried(o, r.now(call::read(self.fd(), self.to_, std::min(self.size(), most_at_once))));
}

bool fd_read_exactly_await::goes_on(operation& o, int result) noexcept {
    return static_cast<fd_read_exactly_await&>(o).patience_.goes_on(result) || whole_transfer::goes_on(o, result);
}

int fd_read_exactly_await::outcome() {
    const int r = whole_transfer::await_resume();
    return r >= 0 && left() != 0 ? -ENODATA : r;
}

error fd_read_exactly_await::failure(int error) const {
    return transfer_failure(error, "read_exactly", name_or(name_, name_of_descriptor()), done(), size());
}

// ---- write

constinit const ring::operation_table fd_write_await::table =
    operation::kind("write", purpose::writing, trial::off_loop, &prepare, &attempt, &goes_on);

// A pipe that nobody reads raises SIGPIPE in whoever writes, unless the kernel can be asked not to; a thread of the
// kernel's has no ear for it.
void fd_write_await::prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept {
    auto& self = static_cast<fd_write_await&>(o);
    if (self.patience_.polls()) return ring::prepare_poll_writable(e, self.fd());
    const bool silent = r.has(ring::feature::write_no_signal);
    ring::prepare_write(e, self.fd(), self.from_ + self.done(), std::min(self.left(), most_at_once), -1,
                        silent ? ring::newer::write_no_signal : 0);
    if (!silent || self.patience_.needs_thread()) ring::prepare_on_thread(e);
}

long fd_write_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<fd_write_await&>(o);
    return tried(o, r.now(call::write(self.fd(), self.from_, std::min(self.size(), most_at_once))));
}

bool fd_write_await::goes_on(operation& o, int result) noexcept {
    return static_cast<fd_write_await&>(o).patience_.goes_on(result) || whole_transfer::goes_on(o, result);
}

int fd_write_await::outcome() {
    const int r = whole_transfer::await_resume();
    // a device that takes nothing and says nothing
    return r == 0 && size() != 0 ? -EIO : r;
}

error fd_write_await::failure(int error) const {
    return transfer_failure(error, "write", name_or(name_, name_of_descriptor()), done(), size());
}

}  // namespace coil
