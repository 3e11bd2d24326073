// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/futex_operation.hpp>

#include <coil/runtime/ring/futex_by_thread.hpp>
#include <coil/runtime/ring/newer.hpp>
#include <coil/runtime/ring/prepare.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <cerrno>
#include <utility>

namespace coil::ring {

namespace {
const std::uint32_t* address(const futex::word& w) noexcept {
    return reinterpret_cast<const std::uint32_t*>(&w);
}
}  // namespace

constinit const operation_table futex_operation::table =
    operation::kind("futex", purpose::other, trial::never, &prepare, nullptr,
                    [](operation& o, int result) noexcept { return woken(o, result), false; });

futex_operation::futex_operation(futex_operation&& other) noexcept
    : operation(std::move(other)), word_(other.word_), value_(other.value_) {}

void futex_operation::drop_thread() noexcept {
    delete thread_;
}

int futex_operation::await_resume() {
    const int r = result();
    return r > 0 || r == -EAGAIN || r == -ETIME ? 0 : r;
}

void futex_operation::prepare(operation& o, const ring& r, io_uring_sqe& e) noexcept {
    auto& self = static_cast<futex_operation&>(o);
    if (r.has(newer::opcode_futex_wait)) return prepare_futex_wait(e, address(*self.word_), self.value_);
    if (self.prepare_by_thread(e)) return;
    // neither a thread nor a descriptor: look now and then
    self.pause_[0] = 0;
    self.pause_[1] = 1'000'000;
    prepare_timeout(e, self.pause_);
}

bool futex_operation::prepare_by_thread(io_uring_sqe& e) noexcept {
    try {
        if (thread_ == nullptr) thread_ = new futex_by_thread;
    } catch (...) {
        return false;
    }
    if (!thread_->start(address(*word_), value_)) return false;
    prepare_read(e, thread_->descriptor(), &thread_->count(), sizeof(std::uint64_t), -1);
    return true;
}

bool futex_operation::woken(operation& o, int result) noexcept {
    auto& self = static_cast<futex_operation&>(o);
    if (self.thread_ != nullptr) self.thread_->finish();
    return result >= 0 || result == -EAGAIN || result == -ETIME;
}

}  // namespace coil::ring
