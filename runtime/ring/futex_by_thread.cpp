// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/futex_by_thread.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/prepare.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <thread>

namespace coil::ring {

futex_by_thread::futex_by_thread() : told_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (told_ < 0) throw_errno(errno, "eventfd");
}

futex_by_thread::~futex_by_thread() {
    finish();
    ::close(told_);
}

bool futex_by_thread::start(const std::uint32_t* word, std::uint32_t value) noexcept {
    prepare_futex_wait(request_.copy[0], word, value);
    started_ = fallback_threads::of_process().submit(request_, *this);
    return started_;
}

void futex_by_thread::finish() noexcept {
    if (!started_) return;
    started_ = false;
    while (empty()) {
        if (fallback_threads::of_process().cancel(request_)) break;  // nobody had begun it
        // an interruption that comes before the wait is lost: again, until the thread has left
        if (empty()) std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
    take();
    await_threads();
    std::uint64_t rest = 0;
    [[maybe_unused]] const ssize_t n = ::read(told_, &rest, sizeof rest);  // what the entry has not read
}

void futex_by_thread::tell() noexcept {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = ::write(told_, &one, sizeof one);  // a counter of one has room
}

}  // namespace coil::ring
