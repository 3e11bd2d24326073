// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <filesystem>
#include <utility>

namespace coil::fs {

/// Changes names: what it has of one operation is a table, one or two paths, and flags.
class path_change : public ring::operation {
public:
    bool await_ready();

    static const ring::operation_table renaming, unlinking, making_directory, making_symlink, making_link;

protected:
    path_change(const ring::operation_table& what, std::filesystem::path path, std::filesystem::path other,
                unsigned flags, place where);
    /// The same: a file is unlinked, and what turns out to be a directory removed as such.
    static const ring::operation_table removing;
    int outcome();
    error failure(int error) const;

private:
    static void rename(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static void unlink(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static void mkdir(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static void symlink(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static void link(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static bool is_directory(operation& o, int result) noexcept;
    bool has_zero() const noexcept;

    std::filesystem::path first_, second_;
    unsigned flags_;
};

/// Is the awaiter of `rename`, `unlink`, `rmdir`, `mkdir`, `symlink` and `link`.
class [[nodiscard("co_await it")]] path_change_await : public fallible<path_change_await, path_change, void> {
public:
    path_change_await(const ring::operation_table& what, std::filesystem::path path, std::filesystem::path other,
                      unsigned flags, place where)
        : fallible(what, std::move(path), std::move(other), flags, where) {}

private:
    friend fallible;
    using path_change::failure;
    using path_change::outcome;
};

/// Is the awaiter of `remove`.
class [[nodiscard("co_await it")]] remove_await : public fallible<remove_await, path_change, bool> {
public:
    remove_await(std::filesystem::path path, place where)
        : fallible(removing, std::move(path), std::filesystem::path(), 0U, where) {}

private:
    friend fallible;
    using path_change::failure;
    int outcome();
    static bool value(int removed) noexcept { return removed != 0; }
};

// Each of these has happened or not, never half. Errors name the operation and the paths: "rename a -> b: No such file
// or directory"; `errc::invalid_argument` for a path with a zero in it. Cancel: `cancelled` says that it has not
// happened; if it had, the await returns. Cost: a thread of the kernel's does it.

/// Says what becomes of a file that stands where another is to go.
struct rename_options {
    bool replace = true;  // false: `errc::file_exists`
};

/// Gives a file or directory another name, on the same file system; one that has it already is replaced in one step.
path_change_await rename(std::filesystem::path from, std::filesystem::path to, rename_options options = {},
                         place where = place::current());
/// Takes away the name of a file (of a link: the link's); the file goes with its last name and last user.
path_change_await unlink(std::filesystem::path path, place where = place::current());
/// Removes an empty directory.
path_change_await rmdir(std::filesystem::path path, place where = place::current());
/// Removes a file, a link or an empty directory. Completes: with false if there was none.
remove_await remove(std::filesystem::path path, place where = place::current());
/// Makes a directory, with these permissions less the umask.
path_change_await mkdir(std::filesystem::path path, unsigned permissions = 0777, place where = place::current());
/// Makes a link at `path` that leads to `target`, whether that exists or not.
path_change_await symlink(std::filesystem::path target, std::filesystem::path path, place where = place::current());
/// Gives an existing file a further name.
path_change_await link(std::filesystem::path existing, std::filesystem::path path, place where = place::current());

}  // namespace coil::fs
