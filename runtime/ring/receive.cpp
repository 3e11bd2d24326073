// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/receive.hpp>

#include <coil/runtime/ring/buffer_pool.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <linux/io_uring.h>

#include <cerrno>
#include <new>

namespace coil::ring {

constinit const operation_table receive_operation::table =
    operation::kind("receive", purpose::reading, trial::off_loop, &prepare, &attempt, &goes_on);

void receive_operation::prepare(operation& o, const ring&, io_uring_sqe& e) noexcept {
    auto& self = static_cast<receive_operation&>(o);
    const buffer_pool* const pool = self.entries().buffers();
    if (pool == nullptr || !pool->ring_picks()) self.mark(watched);
    if (self.is_odd(watched)) prepare_poll_readable(e, self.fd());
    else prepare_recv_selected(e, self.fd(), buffer_pool::buffer_size, buffer_pool::group, 0);
}

bool receive_operation::goes_on(operation& o, int result) noexcept {
    auto& self = static_cast<receive_operation&>(o);
    buffer_pool* const pool = self.entries().buffers();
    if (!self.is_odd(watched)) {
        if (result != -ENOBUFS) return false;
        if (!pool->grow()) self.mark(watched);
        return true;
    }
    if (result < 0) return false;
    const long count = self.receive_now(self.entries(), pool);
    if (count == -EAGAIN) return true;
    self.set_result(static_cast<std::int32_t>(count));
    return false;
}

// On whatever thread, so with memory of its own: the pool's is for the loop's thread to take.
long receive_operation::attempt(operation& o, ring& r) noexcept {
    const long count = static_cast<receive_operation&>(o).receive_now(r, nullptr);
    return count == -ENOMEM ? -EAGAIN : count;  // the ring may have some
}

namespace {

int take_of(buffer_pool* pool) noexcept {
    if (pool == nullptr || pool->ring_picks()) return buffer_pool::none;
    const int index = pool->take();
    return index == buffer_pool::none && pool->grow() ? pool->take() : index;
}

}  // namespace

// With a buffer of the pool, or when all are lent, with memory of its own.
long receive_operation::receive_now(ring& r, buffer_pool* pool) noexcept {
    const int index = take_of(pool);
    const bool is_pools = index != buffer_pool::none;
    std::byte* const memory = is_pools
                                  ? pool->lend(static_cast<unsigned>(index))
                                  : static_cast<std::byte*>(::operator new(buffer_pool::buffer_size, std::nothrow));
    if (memory == nullptr) return -ENOMEM;
    set_flags(is_pools ? IORING_CQE_F_BUFFER | static_cast<unsigned>(index) << IORING_CQE_BUFFER_SHIFT : 0);
    mark(received);
    keep(memory);
    const long count = r.now(call::recv(fd(), memory, buffer_pool::buffer_size));
    if (count <= 0) drop();
    return count;
}

chunk receive_operation::take(int count) noexcept {
    const std::uint32_t told = flags();
    set_flags(0);
    const auto size = static_cast<std::size_t>(count);
    const auto index = static_cast<std::uint16_t>(told >> IORING_CQE_BUFFER_SHIFT);
    buffer_pool* const pool = (told & IORING_CQE_F_BUFFER) != 0 ? entries().buffers() : nullptr;
    if (is_odd(received)) {
        unmark(received);
        return chunk(static_cast<std::byte*>(kept()), size, pool, index);
    }
    return pool == nullptr ? chunk() : chunk(pool->lend(index), size, pool, index);
}

// A buffer that nobody took: at the end of a stream, say.
void receive_operation::drop() noexcept {
    static_cast<void>(take(0));
}

}  // namespace coil::ring
