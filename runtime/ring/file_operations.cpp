// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/file_operations.hpp>

#include <coil/runtime/ring/company.hpp>
#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cerrno>

namespace coil::ring {

constinit const operation_table open_operation::table = operation::kind("open", purpose::other, trial::never, &prepare);
constinit const operation_table read_operation::table_in_turn =
    operation::kind("read", purpose::reading, trial::off_loop, &prepare, &attempt);
constinit const operation_table read_operation::table_at_offset =
    operation::kind("read", purpose::other, trial::always, &prepare, &attempt);
constinit const operation_table write_operation::table_in_turn =
    operation::kind("write", purpose::writing, trial::off_loop, &prepare, &attempt);
constinit const operation_table write_operation::table_at_offset =
    operation::kind("write", purpose::other, trial::off_loop, &prepare, &attempt);
constinit const operation_table sync_operation::table =
    operation::kind("fsync", purpose::other, trial::never, &prepare);
constinit const operation_table status_operation::table =
    operation::kind("statx", purpose::other, trial::never, &prepare);

void open_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<open_operation&>(o);
    prepare_openat(e, self.fd(), self.path_, self.flags_, self.mode_);
}

void read_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<read_operation&>(o);
    prepare_read(e, self.fd(), self.to_, self.size_, self.offset_);
}

long read_operation::attempt(operation& o, ring& r) noexcept {
    if (has_company()) return -EAGAIN;
    auto& self = static_cast<read_operation&>(o);
    return r.now(call::read(self.fd(), self.to_, self.size_, self.offset_));
}

void write_operation::prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept {
    auto& self = static_cast<write_operation&>(o);
    prepare_write(e, self.fd(), self.from_, self.size_, self.offset_,
                  r.has(feature::write_no_signal) ? newer::write_no_signal : 0);
}

long write_operation::attempt(operation& o, ring& r) noexcept {
    auto& self = static_cast<write_operation&>(o);
    return r.now(call::write(self.fd(), self.from_, self.size_, self.offset_));
}

void sync_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<sync_operation&>(o);
    prepare_fsync(e, self.fd(), self.data_only_);
}

void status_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<status_operation&>(o);
    prepare_statx(e, self.fd(), self.path_, self.flags_, self.mask_, self.to_);
}

}  // namespace coil::ring
