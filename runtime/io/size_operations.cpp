// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/size_operations.hpp>

#include <coil/runtime/async/this_task.hpp>
#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/descriptor.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cerrno>
#include <limits>
#include <string_view>

namespace coil::fs {

using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());

}  // namespace

// ---- truncate

constinit const ring::operation_table truncate_entry::table =
    operation::kind("ftruncate", purpose::other, trial::never, &prepare);

bool truncate_entry::is_in_range() const noexcept {
    return size_ <= last;
}

bool truncate_entry::await_ready() {
    return is_in_range() ? operation::await_ready() : refuse(-EINVAL);
}

void truncate_entry::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<truncate_entry&>(o);
    ring::prepare_ftruncate(e, self.fd(), static_cast<std::int64_t>(self.size_));
}

truncate_await::truncate_await(ring::descriptor& d, std::uint64_t size, place where) noexcept
    : entry_(d, size, where), fd_(d.number()), size_(size), where_(where) {}

bool truncate_await::await_ready() {
    if (size_ > last || ring::io_home_for(*branch_).entries.has(ring::newer::opcode_ftruncate))
        return entry_.await_ready();
    entry_.stand_aside();
    without_entry_.emplace(truncate_elsewhere(), where_);
    without_entry_->attach(*branch_);
    return false;
}

// On a descriptor of its own: the file may be closed meanwhile, and its number be another's.
task<int> truncate_await::truncate_elsewhere() {
    this_task::check_stop();
    ring::ring& entries = ring::io_home_for(*branch_).entries;
    const long own = entries.now(ring::call::dup(fd_));
    if (own < 0) co_return static_cast<int>(own);
    const ring::descriptor held(static_cast<int>(own), entries.keeps_descriptors() ? &entries : nullptr);
    const auto cut = [&] {
        return static_cast<int>(entries.now(ring::call::ftruncate(held.number(), static_cast<std::int64_t>(size_))));
    };
    const int r = co_await blocking(cut);
    co_return r;
}

void truncate_await::await_resume() {
    const int r = without_entry_ ? without_entry_->await_resume() : entry_.await_resume();
    if (r < 0) operation_error(-r, "truncate", as_text(entry_.name_of_descriptor())).rethrow();
}

// ---- allocate

constinit const ring::operation_table allocate_await::table =
    operation::kind("fallocate", purpose::other, trial::never, &prepare);

bool allocate_await::is_in_range() const noexcept {
    return offset_ <= last && size_ <= last - offset_;
}

bool allocate_await::await_ready() {
    return is_in_range() ? operation::await_ready() : refuse(-EINVAL);
}

void allocate_await::prepare(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<allocate_await&>(o);
    ring::prepare_fallocate(e, self.fd(), 0, static_cast<std::int64_t>(self.offset_),
                            static_cast<std::int64_t>(self.size_));
}

error allocate_await::failure(int error) const {
    return operation_error(error, "allocate", as_text(name_of_descriptor()));
}

}  // namespace coil::fs
