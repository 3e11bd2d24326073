// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/io/file_operations.hpp>
#include <coil/runtime/io/metadata.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace coil::fs {

/// Asks the ring for the status of what a path names.
class path_status : public ring::operation {
public:
    path_status(std::filesystem::path path, bool follow, place where);
    bool await_ready();

protected:
    int outcome();
    metadata found() const noexcept;
    error failure(int error) const;

private:
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static const ring::operation_table table;
    bool has_zero() const noexcept;

    std::filesystem::path path_;
    bool follow_;
    alignas(std::uint64_t) std::array<std::byte, 256> status_;  // a struct statx
};

/// Is the awaiter of `stat` and `lstat`.
class [[nodiscard("co_await it")]] stat_await : public fallible<stat_await, path_status, metadata> {
public:
    stat_await(std::filesystem::path path, bool follow, place where) : fallible(std::move(path), follow, where) {}

private:
    friend fallible;
    using path_status::failure;
    using path_status::outcome;
    metadata value(int) const noexcept { return found(); }
};

/// Is the awaiter of `exists`.
class [[nodiscard("co_await it")]] exists_await : public fallible<exists_await, path_status, bool> {
public:
    exists_await(std::filesystem::path path, place where) : fallible(std::move(path), true, where) {}

private:
    friend fallible;
    using path_status::failure;
    int outcome();
    static bool value(int found) noexcept { return found != 0; }
};

/// Is the awaiter of a file's `status`.
class [[nodiscard("co_await it")]] file_status_await : public fallible<file_status_await, ring::operation, metadata> {
public:
    file_status_await(ring::descriptor& d, place where) noexcept : fallible(table, d, where) {}

private:
    friend fallible;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring::ring& r) noexcept;
    static const ring::operation_table table;

    metadata value(int) const noexcept;
    error failure(int error) const;
    alignas(std::uint64_t) std::array<std::byte, 256> status_;  // a struct statx
};

/// Asks for the status of what a path names; links are followed. Errors: "stat /nonexistent: No such file or
/// directory".
/// Cancel: nothing has happened.
inline stat_await stat(std::filesystem::path path, place where = place::current()) {
    return stat_await(std::move(path), true, where);
}
/// The same, but a link is answered for itself.
inline stat_await lstat(std::filesystem::path path, place where = place::current()) {
    return stat_await(std::move(path), false, where);
}
/// Tells whether a path names something; links are followed, so one that leads nowhere does not.
/// Errors: those that leave the question open: "stat /root/x: Permission denied".
inline exists_await exists(std::filesystem::path path, place where = place::current()) {
    return exists_await(std::move(path), where);
}

}  // namespace coil::fs
