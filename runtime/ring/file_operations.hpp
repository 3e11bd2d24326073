// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/ring/operation.hpp>

#include <cstddef>
#include <cstdint>

struct statx;

namespace coil::ring {

/// Opens a file: its descriptor, close-on-exec. One that was opened is never lost to a stop. The path is relative to
/// `directory` (AT_FDCWD: the working directory).
class open_operation : public operation {
public:
    open_operation(int directory, const char* path, int flags, unsigned mode, place where = place::current()) noexcept
        : operation(table, directory, where), path_(path), flags_(flags), mode_(mode) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    const char* path_;
    int flags_;
    unsigned mode_;
};

/// Reads some bytes: how many, 0 at the end. An offset of -1 means the descriptor's own position, which one reader at a
/// time may use; reads at offsets may be many at once, and are tried first on every thread: what is in memory is there.
class read_operation : public operation {
public:
    read_operation(descriptor& d, void* to, std::size_t size, std::int64_t offset = -1,
                   place where = place::current()) noexcept
        : operation(offset < 0 ? table_in_turn : table_at_offset, d, where), to_(to), size_(size), offset_(offset) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring& r) noexcept;
    static const operation_table table_in_turn;
    static const operation_table table_at_offset;
    void* to_;
    std::size_t size_;
    std::int64_t offset_;
};

/// Writes some bytes: how many. Offsets as for a read. Raises no SIGPIPE where the kernel can be asked not to.
class write_operation : public operation {
public:
    write_operation(descriptor& d, const void* from, std::size_t size, std::int64_t offset = -1,
                    place where = place::current()) noexcept
        : operation(offset < 0 ? table_in_turn : table_at_offset, d, where),
          from_(from),
          size_(size),
          offset_(offset) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static long attempt(operation& o, ring& r) noexcept;
    static const operation_table table_in_turn;
    static const operation_table table_at_offset;
    const void* from_;
    std::size_t size_;
    std::int64_t offset_;
};

/// Brings what was written to the device: 0.
class sync_operation : public operation {
public:
    sync_operation(descriptor& d, bool data_only, place where = place::current()) noexcept
        : operation(table, d, where), data_only_(data_only) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    bool data_only_;
};

/// Reads the status of a file: 0.
class status_operation : public operation {
public:
    status_operation(int directory, const char* path, int flags, unsigned mask, struct ::statx* to,
                     place where = place::current()) noexcept
        : operation(table, directory, where), path_(path), flags_(flags), mask_(mask), to_(to) {}

private:
    static void prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept;
    static const operation_table table;
    const char* path_;
    int flags_;
    unsigned mask_;
    struct ::statx* to_;
};

}  // namespace coil::ring
