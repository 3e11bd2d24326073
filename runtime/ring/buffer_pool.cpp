// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/buffer_pool.hpp>

#include <coil/runtime/base/pages.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/ring/chunk.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <liburing.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <new>

#ifdef COIL_ASAN
#include <sanitizer/asan_interface.h>
#endif

namespace coil {

void chunk::give_back() noexcept {
    if (pool_ != nullptr) pool_->give_back(index_);
    else ::operator delete(data_);
    data_ = nullptr;
    size_ = 0;
}

namespace ring {

namespace {

constexpr std::size_t page = 4096;
constexpr std::align_val_t page_aligned{page};
constexpr std::size_t offered_bytes = buffer_pool::most * sizeof(io_uring_buf);
constexpr unsigned buffers_in_block = static_cast<unsigned>(pages::block_bytes / buffer_pool::buffer_size);

// Nobody but the ring touches a buffer that is not lent.
void forbid([[maybe_unused]] std::byte* buffer) noexcept {
#ifdef COIL_ASAN
    __asan_poison_memory_region(buffer, buffer_pool::buffer_size);
#endif
}
void allow([[maybe_unused]] std::byte* buffer) noexcept {
#ifdef COIL_ASAN
    __asan_unpoison_memory_region(buffer, buffer_pool::buffer_size);
#endif
}

}  // namespace

static_assert(buffer_pool::most % buffers_in_block == 0);

buffer_pool* buffer_pool::make(ring& owner) {
    auto* const pool = new buffer_pool;
    if (void* const entries = ::operator new(offered_bytes, page_aligned, std::nothrow)) {
        auto* const offered = new (entries) io_uring_buf[most]{};
        if (owner.pick_from(offered, most)) pool->offered_ = offered;
        else ::operator delete(entries, page_aligned);
    }
    pool->grow();
    return pool;
}

buffer_pool::~buffer_pool() {
    for (std::byte* const block : blocks_) {
        if (block == nullptr) continue;
#ifdef COIL_ASAN
        __asan_unpoison_memory_region(block, pages::block_bytes);
#endif
        pages::unmap(block);
    }
    ::operator delete(offered_, page_aligned);
}

std::byte* buffer_pool::at(unsigned index) const noexcept {
    return blocks_[index / buffers_in_block] + index % buffers_in_block * buffer_size;
}

void buffer_pool::add(unsigned index) noexcept {
    if (offered_ == nullptr) {
        free_list_[free_++] = static_cast<std::uint16_t>(index);
        return;
    }
    // Not by liburing's functions: its structure lies elsewhere in C++, where an empty member has a size.
    // The first entry's last field is the tail.
    std::atomic_ref<std::uint16_t> tail(offered_->resv);
    const std::uint16_t now = tail.load(std::memory_order_relaxed);
    io_uring_buf& entry = offered_[now % most];
    entry.addr = reinterpret_cast<std::uintptr_t>(at(index));
    entry.len = buffer_size;
    entry.bid = static_cast<std::uint16_t>(index);
    tail.store(static_cast<std::uint16_t>(now + 1), std::memory_order_release);  // pairs with the kernel's look
}

bool buffer_pool::grow() noexcept {
    const std::lock_guard guard(lock_);
    const unsigned before = size_;
    for (const unsigned wanted = size_ == 0 ? first : std::min(2 * size_, most); size_ != wanted; ++size_) {
        std::byte*& block = blocks_[size_ / buffers_in_block];
        if (block == nullptr) block = static_cast<std::byte*>(pages::map());
        if (block == nullptr) break;
        forbid(at(size_));
        add(size_);
    }
    return size_ != before;
}

int buffer_pool::take() noexcept {
    const std::lock_guard guard(lock_);
    return free_ == 0 ? none : free_list_[--free_];
}

std::byte* buffer_pool::lend(unsigned index) noexcept {
    const std::lock_guard guard(lock_);
    ++lent_;
    allow(at(index));
    return at(index);
}

void buffer_pool::give_back(unsigned index) noexcept {
    lock_.lock();
    --lent_;
    forbid(at(index));
    if (!left_) add(index);
    const bool last = left_ && lent_ == 0;
    lock_.unlock();
    if (last) delete this;
}

void buffer_pool::leave() noexcept {
    lock_.lock();
    left_ = true;
    const bool last = lent_ == 0;
    lock_.unlock();
    if (last) delete this;
}

unsigned buffer_pool::lent() noexcept {
    const std::lock_guard guard(lock_);
    return lent_;
}

}  // namespace ring

}  // namespace coil
