// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/path_operations.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <fcntl.h>

#include <cerrno>
#include <string>

namespace coil::fs {

using ring::operation;
using ring::operation_table;
using ring::purpose;
using ring::trial;

namespace {
constexpr unsigned no_replace = 1;  // RENAME_NOREPLACE
}  // namespace

constinit const operation_table path_change::renaming =
    operation::kind("rename", purpose::other, trial::never, &path_change::rename);
constinit const operation_table path_change::unlinking =
    operation::kind("unlink", purpose::other, trial::never, &path_change::unlink);
constinit const operation_table path_change::removing =
    operation::kind("remove", purpose::other, trial::never, &path_change::unlink, nullptr, &is_directory);
constinit const operation_table path_change::making_directory =
    operation::kind("mkdir", purpose::other, trial::never, &path_change::mkdir);
constinit const operation_table path_change::making_symlink =
    operation::kind("symlink", purpose::other, trial::never, &path_change::symlink);
constinit const operation_table path_change::making_link =
    operation::kind("link", purpose::other, trial::never, &path_change::link);

path_change::path_change(const operation_table& what, std::filesystem::path path, std::filesystem::path other,
                         unsigned flags, place where)
    : operation(what, -1, where), first_(std::move(path)), second_(std::move(other)), flags_(flags) {}

// The kernel would take what stands before the zero: another file.
bool path_change::has_zero() const noexcept {
    return first_.native().find('\0') != std::string::npos || second_.native().find('\0') != std::string::npos;
}

bool path_change::await_ready() {
    return has_zero() ? refused() || true : operation::await_ready();
}

void path_change::rename(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<path_change&>(o);
    ring::prepare_renameat(e, AT_FDCWD, self.first_.c_str(), AT_FDCWD, self.second_.c_str(), self.flags_);
}

void path_change::unlink(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<path_change&>(o);
    ring::prepare_unlinkat(e, AT_FDCWD, self.first_.c_str(), static_cast<int>(self.flags_));
}

void path_change::mkdir(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<path_change&>(o);
    ring::prepare_mkdirat(e, AT_FDCWD, self.first_.c_str(), self.flags_);
}

void path_change::symlink(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<path_change&>(o);
    ring::prepare_symlinkat(e, self.first_.c_str(), AT_FDCWD, self.second_.c_str());
}

void path_change::link(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<path_change&>(o);
    ring::prepare_linkat(e, AT_FDCWD, self.first_.c_str(), AT_FDCWD, self.second_.c_str(), 0);
}

bool path_change::is_directory(operation& o, int result) noexcept {
    auto& self = static_cast<path_change&>(o);
    if (result != -EISDIR || self.flags_ != 0) return false;
    self.flags_ = AT_REMOVEDIR;
    return true;
}

int path_change::outcome() {
    const int r = result();
    return has_zero() ? -EINVAL : r;
}

error path_change::failure(int error) const {
    const bool removes_directory = static_cast<int>(flags_) == AT_REMOVEDIR && std::string_view(name()) == "unlink";
    const std::string_view what = removes_directory ? "rmdir" : name();
    if (second_.empty()) return operation_error(error, what, first_.native());
    return operation_error(error, what, first_.native() + " -> " + second_.native());
}

int remove_await::outcome() {
    const int r = path_change::outcome();
    return r == 0 ? 1 : r == -ENOENT ? 0 : r;
}

path_change_await rename(std::filesystem::path from, std::filesystem::path to, rename_options options, place where) {
    return {path_change::renaming, std::move(from), std::move(to), options.replace ? 0 : no_replace, where};
}

path_change_await unlink(std::filesystem::path path, place where) {
    return {path_change::unlinking, std::move(path), {}, 0, where};
}

path_change_await rmdir(std::filesystem::path path, place where) {
    return {path_change::unlinking, std::move(path), {}, AT_REMOVEDIR, where};
}

remove_await remove(std::filesystem::path path, place where) {
    return {std::move(path), where};
}

path_change_await mkdir(std::filesystem::path path, unsigned permissions, place where) {
    return {path_change::making_directory, std::move(path), {}, permissions, where};
}

path_change_await symlink(std::filesystem::path target, std::filesystem::path path, place where) {
    return {path_change::making_symlink, std::move(target), std::move(path), 0, where};
}

path_change_await link(std::filesystem::path existing, std::filesystem::path path, place where) {
    return {path_change::making_link, std::move(existing), std::move(path), 0, where};
}

}  // namespace coil::fs
