// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/open.hpp>

#include <coil/runtime/io/file.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <fcntl.h>

#include <cerrno>

namespace coil::fs {

namespace {

int flags_of(mode m) noexcept {
    const auto bits = static_cast<unsigned>(m);
    const bool reads = (bits & 1) != 0, writes = (bits & 2) != 0;
    int flags = writes ? (reads ? O_RDWR : O_WRONLY) : O_RDONLY;
    if ((bits & 4) != 0) flags |= O_CREAT;
    if ((bits & 8) != 0) flags |= O_TRUNC;
    if ((bits & 16) != 0) flags |= O_APPEND;
    if ((bits & 32) != 0) flags |= O_EXCL;
    if ((bits & 64) != 0) flags |= O_DIRECT;
    if ((bits & 128) != 0) flags |= O_TMPFILE;
    return flags;
}

}  // namespace

constinit const ring::operation_table open_await::table =
    ring::operation::kind("open", ring::purpose::other, ring::trial::never, &prepare);

open_await::open_await(std::filesystem::path path, mode m, unsigned permissions, place where)
    : fallible(table, -1, where), path_(std::move(path)), mode_(m), permissions_(permissions) {}

// The kernel would open what stands before the zero: another file.
bool open_await::has_zero() const noexcept {
    return path_.native().find('\0') != std::string::npos;
}

bool open_await::await_ready() {
    return has_zero() ? refused() || true : operation::await_ready();
}

void open_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<open_await&>(o);
    ring::prepare_openat(e, AT_FDCWD, self.path_.c_str(), flags_of(self.mode_), self.permissions_);
}

int open_await::outcome() {
    const int r = result();
    return has_zero() ? -EINVAL : r;
}

file open_await::value(int fd) const {
    const bool direct = (static_cast<unsigned>(mode_) & static_cast<unsigned>(mode::direct)) != 0;
    const std::string& name = path_.native();
    return file(ring::descriptor(fd, ring::keeper_here(), std::as_bytes(std::span(name))), name, direct);
}

error open_await::failure(int error) const {
    return operation_error(error, "open", path_.native());
}

}  // namespace coil::fs
