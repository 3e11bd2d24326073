// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/base/result.hpp>
#include <coil/runtime/io/fallible.hpp>
#include <coil/runtime/ring/operation.hpp>

#include <cstdint>
#include <filesystem>
#include <utility>

namespace coil::fs {

class file;

/// Says what a file is opened for. Values may be joined with `|`.
enum class mode : std::uint8_t {
    read = 1,                     ///< read what exists
    write = 2 | 4 | 8,            ///< write a new file, or an existing one from empty
    read_write = 1 | 2 | 4,       ///< read and write; made if missing, kept if there
    append = 2 | 4 | 16,          ///< write at the end; made if missing
    create_new = 1 | 2 | 4 | 32,  ///< read and write a file that must not exist yet
    direct = 64,  ///< beside another: past the system's cache; buffers, sizes and offsets in whole blocks
    read_write_nameless = 1 | 2 | 128,  ///< read and write a new file without a name; the path is its folder's
};
constexpr mode operator|(mode a, mode b) noexcept {
    return static_cast<mode>(static_cast<std::uint8_t>(a) | static_cast<std::uint8_t>(b));
}

/// Is the awaiter of `open`.
class [[nodiscard("co_await it")]] open_await : public fallible<open_await, ring::operation, file> {
public:
    open_await(std::filesystem::path path, mode m, unsigned permissions, place where);

    bool await_ready();

private:
    friend fallible;
    static void prepare(operation& o, const ring::ring& r, io_uring_sqe& e) noexcept;
    static const ring::operation_table table;

    bool has_zero() const noexcept;
    int outcome();
    file value(int fd) const;
    error failure(int error) const;
    std::filesystem::path path_;
    mode mode_;
    unsigned permissions_;
};

/// Opens a file. Completes: with it. Errors: "open /nonexistent: No such file or directory"; `errc::invalid_argument`
/// for a path with a zero in it. Cancel: a file that was opened is never lost.
/// Shape: what is made gets `permissions` less the umask. The descriptor is close-on-exec.
inline open_await open(std::filesystem::path path, mode m = mode::read, unsigned permissions = 0666,
                       place where = place::current()) {
    return open_await(std::move(path), m, permissions, where);
}

}  // namespace coil::fs
