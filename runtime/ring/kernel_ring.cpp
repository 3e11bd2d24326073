// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/kernel_ring.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/ring/buffer_pool.hpp>
#include <coil/runtime/ring/kernel_call.hpp>
#include <coil/runtime/ring/kernel_memory.hpp>
#include <coil/runtime/ring/kernel_probe.hpp>
#include <coil/runtime/ring/newer.hpp>

#include <poll.h>
#include <sched.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>

namespace coil::ring {

namespace {

// User_data of the ring's own completions.
constexpr std::uint64_t woken_by_message = 1;
constexpr std::uint64_t woken_by_event = 2;

// Threads are told apart by numbers that are never used twice: an address or pthread_t comes again with a later thread.
std::uint64_t thread_number() noexcept {
    static std::atomic<std::uint64_t> last{0};
    constinit static thread_local std::uint64_t mine = 0;
    if (mine == 0) [[unlikely]]
        mine = last.fetch_add(1, std::memory_order_relaxed) + 1;
    return mine;
}

__kernel_timespec to_timespec(nanoseconds d) noexcept {
    const std::int64_t count = std::max<std::int64_t>(d.count(), 0);
    return {.tv_sec = count / 1'000'000'000, .tv_nsec = count % 1'000'000'000};
}

}  // namespace

kernel_ring::kernel_ring(const kernel_options& options)
    : memory_(std::make_unique<kernel_memory>(options)),
      enter_(options.enter != nullptr ? options.enter : &io_uring_enter2) {
    use_memory();
    timer_slack_ = std::chrono::microseconds(200);  // a halted core takes 25 to come back
    features_ = probe(memory_->uring.ring_fd).remove(options.hide).remove(hidden_by_environment());
    if (!has(feature::send_message)) {
        event_fd_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (event_fd_ < 0) throw_errno(errno, "coil cannot set up io_uring: eventfd");
        disarmed_ = true;
    }
    fork_guard::join();
}

kernel_ring::~kernel_ring() {
    fork_guard::leave();
    if (event_fd_ >= 0) ::close(event_fd_);
}

void kernel_ring::use_memory() noexcept {
    const io_uring& u = memory_->uring;
    entries_ = u.sq.sqes;
    entry_mask_ = *u.sq.kring_mask;
    entry_head_ = u.sq.khead;
    entry_tail_ = u.sq.ktail;
    state_ = u.sq.kflags;
    completions_ = u.cq.cqes;
    completion_mask_ = *u.cq.kring_mask;
    completion_head_ = u.cq.khead;
    completion_tail_ = u.cq.ktail;
    enter_fd_ = static_cast<unsigned>(u.ring_fd);
    renew_limit();
}

void kernel_ring::submit_and_wait(time_point deadline) {
    if (owner_ != thread_number()) [[unlikely]]
        become_owner();
    if (disarmed_) [[unlikely]]
        arm_wake_up();
    const unsigned to_submit = publish();
    const bool wait = deadline != time_point::min() && !has_completions();
    const bool collect = (load_relaxed(state_) & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    if (to_submit == 0 && !collect && !wait) return;

    const int result =
        wait ? enter_and_wait(to_submit, deadline) : enter(to_submit, 0, IORING_ENTER_GETEVENTS, nullptr, _NSIG / 8);
    renew_limit();  // also after a part was submitted: the rest stays queued
    if (result < 0 && result != -ETIME && result != -EINTR) [[unlikely]]
        accept_refusal(-result);
}

int kernel_ring::enter(unsigned to_submit, unsigned min_complete, unsigned flags, void* argument,
                       std::size_t size) noexcept {
    return enter_(enter_fd_, to_submit, min_complete, flags | enter_flags_, static_cast<sigset_t*>(argument), size);
}

int kernel_ring::enter_and_wait(unsigned to_submit, time_point deadline) noexcept {
    if (deadline == never) return enter(to_submit, 1, IORING_ENTER_GETEVENTS, nullptr, _NSIG / 8);
    unsigned flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
    __kernel_timespec time{};
    if (has(feature::absolute_deadline)) {
        time = to_timespec(deadline.time_since_epoch());
        flags |= newer::enter_absolute_timer;
    } else {
        const time_point present = clock();
        time = to_timespec(deadline > present ? deadline - present : nanoseconds::zero());
    }
    io_uring_getevents_arg argument{};
    argument.ts = reinterpret_cast<std::uintptr_t>(&time);
    return enter(to_submit, 1, flags, &argument, sizeof argument);
}

// What the kernel did not take stays queued; the caller comes again.
void kernel_ring::accept_refusal(int error) {
    switch (error) {
    case EAGAIN:
    case EBUSY:
    case ENOMEM: {
        // Too many completions, or no memory for requests. With something to reap the caller can go on; otherwise give
        // requests in flight, or other processes, a moment to free memory, without spinning.
        if (has_completions()) return;
        __kernel_timespec moment = to_timespec(std::chrono::milliseconds(1));
        io_uring_getevents_arg argument{};
        argument.ts = reinterpret_cast<std::uintptr_t>(&moment);
        enter(0, 1, IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG, &argument, sizeof argument);
        return;
    }
    case EBADR:
        throw_errno(error, "coil: the kernel was out of memory and has lost the completion of an operation");
    default:
        throw_errno(error, "io_uring_enter");
    }
}

void kernel_ring::become_owner() {
    if (forked_) throw std::logic_error("coil: this ring belongs to the parent process; a forked child cannot use it");
    if (owner_ != 0)
        throw std::logic_error("coil: this ring belongs to the thread that first ran it; this is another thread");
    io_uring& u = memory_->uring;
    const auto fd = static_cast<unsigned>(u.ring_fd);
    if (const int r = io_uring_register(fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0); r < 0)
        throw_errno(-r, "coil cannot enable io_uring");
    owner_ = thread_number();
    if (has(feature::registered_ring) && io_uring_register_ring_fd(&u) == 1) {
        enter_fd_ = static_cast<unsigned>(u.enter_ring_fd);
        enter_flags_ = IORING_ENTER_REGISTERED_RING;
    }
    if (woken_early_.exchange(true)) wake();
}

void kernel_ring::wake() noexcept {
    if (event_fd_ >= 0) {
        const std::uint64_t one = 1;
        while (::write(event_fd_, &one, sizeof one) < 0 && errno == EINTR) {}
        return;
    }
    io_uring_sqe message{};
    io_uring_prep_msg_ring(&message, memory_->uring.ring_fd, 0, woken_by_message, 0);
    for (;;) {
        switch (io_uring_register(static_cast<unsigned>(-1), newer::register_send_msg_ring, &message, 1)) {
        case -EAGAIN:
        case -EINTR:
        case -ENOMEM:
            sched_yield();
            continue;  // a wake-up must not be lost
        case -EBADFD:
            // Not enabled yet. If it still is not once the flag stands, whoever enables it will find the flag.
            if (!woken_early_.exchange(true)) continue;
            return;
        default:
            return;
        }
    }
}

bool kernel_ring::pick_from(io_uring_buf* offered, unsigned count) noexcept {
    if (!has(feature::provided_buffers) || owner_ != thread_number()) return false;
    io_uring_buf_reg where{};
    where.ring_addr = reinterpret_cast<std::uintptr_t>(offered);
    where.ring_entries = count;
    where.bgid = buffer_pool::group;
    return io_uring_register(static_cast<unsigned>(memory_->uring.ring_fd), IORING_REGISTER_PBUF_RING, &where, 1) >= 0;
}

// A multishot poll reports each write anew, so the counter is never read.
void kernel_ring::arm_wake_up() {
    disarmed_ = false;
    io_uring_sqe& e = take();
    io_uring_prep_poll_multishot(&e, event_fd_, POLLIN);
    e.user_data = woken_by_event;
}

void kernel_ring::own_completion(const completion& c) noexcept {
    if (c.user_data == woken_by_event && (c.flags & IORING_CQE_F_MORE) == 0) disarmed_ = true;
}

long kernel_ring::now(const call& what) {
    return kernel_call(what, has(feature::write_no_signal));
}

int kernel_ring::close(int fd) noexcept {
    return kernel_close(fd);
}

time_point kernel_ring::clock() const noexcept {
    return std::chrono::steady_clock::now();
}

// Without this the child would take the parent's completions, and its copy of the descriptor would keep the ring alive.
void kernel_ring::forked() noexcept {
    memory_->part_from_kernel();
    if (event_fd_ >= 0) ::close(event_fd_);
    event_fd_ = -1;
    forked_ = true;
    owner_ = 0;
    refuse_entries();
}

}  // namespace coil::ring
