// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/receive.hpp>

#include <coil/runtime/ring/buffer_pool.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <linux/io_uring.h>

#include <cerrno>
#include <new>
#include <utility>

namespace coil::ring {

constinit const operation_table receive_operation::table =
    operation::kind("receive", purpose::reading, trial::off_loop, &prepare, &attempt, &goes_on);

void receive_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<receive_operation&>(o);
    if (self.way_ == way::picked && self.pool_ == nullptr) {
        self.pool_ = self.entries().buffers();
        if (self.pool_ == nullptr || !self.pool_->ring_picks()) self.way_ = way::watched;
    }
    if (self.way_ == way::picked) prepare_recv_selected(e, self.fd(), buffer_pool::buffer_size, buffer_pool::group, 0);
    else prepare_poll_readable(e, self.fd());
}

bool receive_operation::goes_on(operation& o, int result) noexcept {
    auto& self = static_cast<receive_operation&>(o);
    if (self.way_ == way::picked) {
        if (result != -ENOBUFS) return false;
        if (!self.pool_->grow()) self.way_ = way::watched;
        return true;
    }
    if (result < 0) return false;
    const long count = self.receive_now(self.entries());
    if (count == -ENOMEM) self.ended(-ENOMEM);
    return count == -EAGAIN;
}

// On whatever thread: with a buffer of the pool on the loop's, with memory of its own elsewhere, and when all are lent.
long receive_operation::attempt(operation& o, ring& r) noexcept {
    const long count = static_cast<receive_operation&>(o).receive_now(r);
    return count == -ENOMEM ? -EAGAIN : count;  // the ring may have some
}

void receive_operation::ended(long count) noexcept {
    way_ = way::received;
    count_ = static_cast<std::int32_t>(count);
}

int receive_operation::take_of_pool() noexcept {
    if (pool_ == nullptr || pool_->ring_picks()) return buffer_pool::none;
    const int index = pool_->take();
    return index == buffer_pool::none && pool_->grow() ? pool_->take() : index;
}

long receive_operation::receive_now(ring& r) noexcept {
    const int index = take_of_pool();
    std::byte* const memory = index != buffer_pool::none
                                  ? pool_->lend(static_cast<unsigned>(index))
                                  : static_cast<std::byte*>(::operator new(buffer_pool::buffer_size, std::nothrow));
    if (memory == nullptr) return -ENOMEM;
    data_ = memory;
    index_ = static_cast<std::uint16_t>(index);
    if (index == buffer_pool::none) pool_ = nullptr;
    const long count = r.now(call::recv(fd(), memory, buffer_pool::buffer_size));
    if (count <= 0) {
        buffer_pool* const kept = pool_;
        static_cast<void>(chunk(std::exchange(data_, nullptr), 0, pool_, index_));
        pool_ = kept;
        if (count == -EAGAIN) return count;
    }
    ended(count);
    return count;
}

bool receive_operation::has_buffer() const noexcept {
    return way_ == way::picked && (flags() & IORING_CQE_F_BUFFER) != 0;
}

int receive_operation::await_resume() {
    const int r = result();
    if (way_ != way::received) return r;
    return r < 0 ? r : count_;
}

chunk receive_operation::take(int count) noexcept {
    const auto size = static_cast<std::size_t>(count);
    if (data_ != nullptr) return chunk(std::exchange(data_, nullptr), size, pool_, index_);
    if (!has_buffer()) return chunk();
    const unsigned index = flags() >> IORING_CQE_BUFFER_SHIFT;
    buffer_pool& pool = *pool_;
    way_ = way::received;
    return chunk(pool.lend(index), size, &pool, static_cast<std::uint16_t>(index));
}

// A buffer that nobody took: at the end of a stream, say.
void receive_operation::drop() noexcept {
    if (data_ != nullptr || has_buffer()) static_cast<void>(take(0));
}

}  // namespace coil::ring
