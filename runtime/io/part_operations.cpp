// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/io/part_operations.hpp>

#include <coil/runtime/io/transfer_error.hpp>
#include <coil/runtime/ring/company.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <sys/socket.h>  // iovec

#include <cerrno>
#include <cstddef>
#include <limits>
#include <string_view>

namespace coil::fs {

using ring::call;
using ring::operation;
using ring::purpose;
using ring::trial;

namespace {

template <class Part>
std::size_t total(std::span<const Part> parts) noexcept {
    std::size_t sum = 0;
    for (const Part& p : parts)
        sum += p.size();
    return sum;
}

template <class Part>
const iovec* kernels(const Part* parts) noexcept {
    static_assert(sizeof(Part) == sizeof(iovec) && offsetof(iovec, iov_base) == 0);
    return reinterpret_cast<const iovec*>(parts);
}

}  // namespace

constinit const ring::operation_table parts_await::reading =
    operation::kind("readv", purpose::other, trial::always, &prepare_reading, &attempt_reading, &goes_on);
constinit const ring::operation_table parts_await::writing =
    operation::kind("writev", purpose::other, trial::off_loop, &prepare_writing, &attempt_writing, &goes_on);

constinit const ring::operation_table parts_await::reading_untried =
    operation::kind("readv", purpose::other, trial::never, &prepare_reading, nullptr, &goes_on);
constinit const ring::operation_table parts_await::writing_untried =
    operation::kind("writev", purpose::other, trial::never, &prepare_writing, nullptr, &goes_on);

parts_await::parts_await(ring::descriptor& d, std::span<const byte_span> to, std::uint64_t offset, bool tried,
                         place where) noexcept
    : fallible(tried ? reading : reading_untried, d, total(to), where),
      to_(to),
      offset_(offset) {}

parts_await::parts_await(ring::descriptor& d, std::span<const byte_view> from, std::uint64_t offset, bool tried,
                         place where) noexcept
    : fallible(tried ? writing : writing_untried, d, total(from), where),
      from_(from),
      offset_(offset) {}

bool parts_await::is_in_range() const noexcept {
    constexpr auto last = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
    return offset_ <= last && size() <= last - offset_;
}

bool parts_await::await_ready() {
    return is_in_range() ? whole_transfer::await_ready() : refuse(-EINVAL);
}

// Fills `now_` with the parts that come next, the first of them less what it has; returns how many.
std::size_t parts_await::window() noexcept {
    const std::size_t count = to_.empty() ? from_.size() : to_.size();
    const auto at = [this](std::size_t i) {
        return to_.empty() ? part{const_cast<std::byte*>(from_[i].data()), from_[i].size()}
                           : part{to_[i].data(), to_[i].size()};
    };
    while (passed_ != count && passed_size_ + at(passed_).size <= done())
        passed_size_ += at(passed_++).size;
    std::size_t used = 0;
    for (std::size_t i = passed_; i != count && used != most; ++i)
        now_[used++] = at(i);
    if (used != 0) {
        now_[0].data = static_cast<std::byte*>(now_[0].data) + (done() - passed_size_);
        now_[0].size -= done() - passed_size_;
    }
    return used;
}

void parts_await::prepare_reading(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<parts_await&>(o);
    const auto count = static_cast<unsigned>(self.window());
    ring::prepare_readv(e, self.fd(), kernels(self.now_.data()), count, self.position());
}

void parts_await::prepare_writing(operation& o, const ring::ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<parts_await&>(o);
    const auto count = static_cast<unsigned>(self.window());
    ring::prepare_writev(e, self.fd(), kernels(self.now_.data()), count, self.position(), 0);
}

long parts_await::attempt_reading(operation& o, ring::ring& r) noexcept {
    if (ring::has_company()) return -EAGAIN;
    auto& self = static_cast<parts_await&>(o);
    const auto count = static_cast<unsigned>(self.window());
    return tried(o, r.now(call::readv(self.fd(), kernels(self.now_.data()), count, self.position())));
}

long parts_await::attempt_writing(operation& o, ring::ring& r) noexcept {
    auto& self = static_cast<parts_await&>(o);
    const auto count = static_cast<unsigned>(self.window());
    return tried(o, r.now(call::writev(self.fd(), kernels(self.now_.data()), count, self.position())));
}

int parts_await::outcome() {
    const int r = whole_transfer::await_resume();
    // a device that takes nothing and says nothing
    return r == 0 && size() != 0 && !from_.empty() ? -EIO : r;
}

error parts_await::failure(int error) const {
    return transfer_failure(error, to_.empty() ? "write_parts_at" : "read_parts_at",
                            as_text(name_of_descriptor()), done(), size());
}

}  // namespace coil::fs
