// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/stat.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace coil::fs {

using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

constexpr unsigned wanted_fields = STATX_BASIC_STATS | STATX_BTIME;

template <std::size_t Size>
struct statx* kernels(std::array<std::byte, Size>& memory) noexcept {
    static_assert(sizeof(struct statx) == Size);
    return reinterpret_cast<struct statx*>(memory.data());
}

template <std::size_t Size>
metadata read(const std::array<std::byte, Size>& memory) noexcept {
    struct statx status;
    std::memcpy(&status, memory.data(), sizeof status);
    return metadata_from(status);
}

}  // namespace

// ---- by a path

constinit const ring::operation_table path_status::table =
    operation::kind("statx", purpose::other, trial::never, &prepare);

path_status::path_status(std::filesystem::path path, bool follow, place where)
    : operation(table, -1, where), path_(std::move(path)), follow_(follow) {}

bool path_status::has_zero() const noexcept {
    return path_.native().find('\0') != std::string::npos;
}

bool path_status::await_ready() {
    return has_zero() ? refused() || true : operation::await_ready();
}

void path_status::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<path_status&>(o);
    ring::prepare_statx(e, AT_FDCWD, self.path_.c_str(), self.follow_ ? 0 : AT_SYMLINK_NOFOLLOW, wanted_fields,
                        kernels(self.status_));
}

int path_status::outcome() {
    const int r = result();
    return has_zero() ? -EINVAL : r;
}

metadata path_status::found() const noexcept {
    return read(status_);
}

error path_status::failure(int error) const {
    return operation_error(error, follow_ ? "stat" : "lstat", path_.native());
}

int exists_await::outcome() {
    const int r = path_status::outcome();
    return r == 0 ? 1 : r == -ENOENT || r == -ENOTDIR ? 0 : r;
}

// ---- of an open file

constinit const ring::operation_table file_status_await::table =
    operation::kind("statx", purpose::other, trial::always, &prepare, &attempt);

// What an open file is lies in memory; an entry of this kind would go to a thread of the kernel's.
long file_status_await::attempt(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<file_status_await&>(o);
    return r.now(
        ring::call::statx(self.fd(), "", AT_EMPTY_PATH | AT_STATX_DONT_SYNC, wanted_fields, kernels(self.status_)));
}

void file_status_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<file_status_await&>(o);
    ring::prepare_statx(e, self.fd(), "", AT_EMPTY_PATH, wanted_fields, kernels(self.status_));
}

metadata file_status_await::value(int) const noexcept {
    return read(status_);
}

error file_status_await::failure(int error) const {
    return operation_error(error, "status", as_text(name_of_descriptor()));
}

}  // namespace coil::fs
