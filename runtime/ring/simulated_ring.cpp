// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_ring.hpp>

#include <poll.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace coil::ring {

namespace {

// An hour after the epoch, so that a program that subtracts from now stays on the clock.
constexpr std::uint64_t first_moment = 3'600'000'000'000;

template <class T>
T* pointer(std::uint64_t address) noexcept {
    return reinterpret_cast<T*>(static_cast<std::uintptr_t>(address));
}

}  // namespace

simulated_ring::simulated_ring(const simulation_options& options)
    : options_(options),
      random_(options.seed),
      now_(first_moment),
      entry_memory_(std::bit_ceil(std::max(options.submission_entries, 1U))),
      completion_memory_(std::bit_ceil(std::max(options.completion_entries, 1U))) {
    entries_ = entry_memory_.data();
    entry_mask_ = static_cast<unsigned>(entry_memory_.size()) - 1;
    completions_ = completion_memory_.data();
    completion_mask_ = static_cast<unsigned>(completion_memory_.size()) - 1;
    entry_head_ = &words_[0];
    entry_tail_ = &words_[1];
    state_ = &words_[2];
    completion_head_ = &words_[3];
    completion_tail_ = &words_[4];
    virtual_now_ = &now_;
    for (const std::uint8_t opcode : {IORING_OP_NOP, IORING_OP_TIMEOUT, IORING_OP_READ, IORING_OP_WRITE,
                                      IORING_OP_POLL_ADD, IORING_OP_CLOSE, IORING_OP_ASYNC_CANCEL})
        features_.add(opcode);
    renew_limit();
}

simulated_ring::~simulated_ring() = default;

void simulated_ring::submit_and_wait(time_point deadline) {
    if (owner_ == std::thread::id()) owner_ = std::this_thread::get_id();
    if (owner_ != std::this_thread::get_id())
        throw std::logic_error("coil: this ring belongs to the thread that first ran it; this is another thread");
    publish();
    flush_overflow();
    submit();
    const bool woken = woken_.exchange(false);
    const bool wait = deadline != time_point::min() && !has_completions() && !woken;
    if (collect(wait) != 0 || !wait) return;
    while (jump(deadline))
        if (collect(true) != 0) return;
}

// Moves the clock to the next thing that happens. False if that ends the wait.
bool simulated_ring::jump(time_point deadline) {
    time_point next = never;
    for (const request& r : requests_)
        next = std::min(next, r.due);
    if (next == never && deadline == never) {
        woken_.wait(false);
        woken_.store(false);
        return false;
    }
    const auto at = static_cast<std::uint64_t>(std::min(next, deadline).time_since_epoch().count());
    now_ = std::max(now_, at);
    return next <= deadline;
}

void simulated_ring::submit() {
    if (options_.refuse_when_overflowed && !overflow_.empty()) return;
    word head = load_relaxed(entry_head_);
    for (; head != load_acquire(entry_tail_); ++head) {
        start(entries_[head & entry_mask_]);
        store_release(entry_head_, head + 1);
    }
    renew_limit();
}

void simulated_ring::start(const io_uring_sqe& entry) {
    request r{.opcode = entry.opcode,
              .flags = entry.flags,
              .user_data = entry.user_data,
              .address = entry.addr,
              .length = entry.len,
              .poll_events = entry.poll32_events,
              .result = {},
              .due = never,
              .file = {}};
    switch (entry.opcode) {
    case IORING_OP_NOP:
        r.result = 0;
        break;
    case IORING_OP_TIMEOUT:
        start_timeout(r, entry);
        break;
    case IORING_OP_READ:
    case IORING_OP_WRITE:
    case IORING_OP_POLL_ADD:
        start_on_file(r, entry.fd);
        break;
    case IORING_OP_CLOSE:
        r.result = files_.close(entry.fd);
        break;
    case IORING_OP_ASYNC_CANCEL:
        r.result = cancel(entry);
        break;
    default:
        r.result = -EINVAL;
    }
    requests_.push_back(std::move(r));
}

void simulated_ring::start_timeout(request& r, const io_uring_sqe& entry) const {
    if (entry.len != 1 || entry.off != 0 || (entry.timeout_flags & ~IORING_TIMEOUT_ABS) != 0) {
        r.result = -EINVAL;
        return;
    }
    const auto& t = *pointer<const __kernel_timespec>(entry.addr);
    const nanoseconds d{t.tv_sec * 1'000'000'000 + t.tv_nsec};
    r.due = (entry.timeout_flags & IORING_TIMEOUT_ABS) != 0 ? time_point(d) : deadline_after(clock(), d);
}

void simulated_ring::start_on_file(request& r, int fd) const {
    r.file = files_.find(fd);
    const bool wrong_end =
        r.file && r.opcode != IORING_OP_POLL_ADD && r.file->writes() != (r.opcode == IORING_OP_WRITE);
    if (!r.file || wrong_end) r.result = -EBADF;
}

std::int32_t simulated_ring::cancel(const io_uring_sqe& entry) {
    if (entry.cancel_flags != 0) return -EINVAL;
    const auto target =
        std::find_if(requests_.begin(), requests_.end(), [&](const request& r) { return r.user_data == entry.addr; });
    if (target == requests_.end()) return -ENOENT;
    // A request that could complete is on its way: half of the time it is too late, as in a kernel.
    if (target->result || (can_complete(*target) && draw(2) == 0)) return -EALREADY;
    target->result = -ECANCELED;
    return 0;
}

bool simulated_ring::can_complete(const request& r) const noexcept {
    if (r.result) return true;
    switch (r.opcode) {
    case IORING_OP_TIMEOUT:
        return r.due <= clock();
    case IORING_OP_POLL_ADD:
        return (static_cast<unsigned>(r.file->poll()) & (r.poll_events | POLLERR | POLLHUP)) != 0;
    default:
        return r.file->ready();
    }
}

std::int32_t simulated_ring::complete(const request& r) {
    if (r.result) return *r.result;
    switch (r.opcode) {
    case IORING_OP_TIMEOUT:
        return -ETIME;
    case IORING_OP_POLL_ADD:
        return r.file->poll();
    case IORING_OP_READ:
        return static_cast<std::int32_t>(r.file->read(pointer<void>(r.address), r.length));
    default:
        return static_cast<std::int32_t>(r.file->write(pointer<const void>(r.address), r.length));
    }
}

// Completes what can be completed. Each completion may make others possible, or impossible, so passes repeat until one
// finds nothing.
unsigned simulated_ring::collect(bool at_least_one) {
    unsigned count = 0;
    for (bool progress = true; progress;) {
        progress = false;
        for (const std::size_t i : draw_order()) {
            request& r = requests_[i];
            if (!can_complete(r)) continue;
            if ((count != 0 || !at_least_one) && options_.linger != 0 && draw(1000) < options_.linger) {
                r.lingers = true;
                continue;
            }
            if (post(r, complete(r))) ++count;
            r.done = true;
            progress = true;
        }
        std::erase_if(requests_, [](const request& r) { return r.done; });
    }
    for (request& r : requests_)
        r.lingers = false;
    return count;
}

// The requests that can complete now and do not linger, shuffled.
std::vector<std::size_t> simulated_ring::draw_order() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < requests_.size(); ++i)
        if (!requests_[i].lingers && can_complete(requests_[i])) order.push_back(i);
    for (std::size_t left = order.size(); left > 1; --left)
        std::swap(order[left - 1], order[draw(left)]);
    return order;
}

bool simulated_ring::post(const request& r, std::int32_t result) {
    if (result >= 0 && (r.flags & IOSQE_CQE_SKIP_SUCCESS) != 0) return false;
    overflow_.push_back({.user_data = r.user_data, .res = result, .flags = 0});
    flush_overflow();
    return true;
}

void simulated_ring::flush_overflow() {
    word tail = load_relaxed(completion_tail_);
    while (!overflow_.empty() && tail - load_acquire(completion_head_) <= completion_mask_) {
        io_uring_cqe& to = completions_[tail & completion_mask_];
        to.user_data = overflow_.front().user_data;
        to.res = overflow_.front().res;
        to.flags = 0;
        overflow_.pop_front();
        store_release(completion_tail_, ++tail);
    }
    store_release(state_, overflow_.empty() ? 0 : IORING_SQ_CQ_OVERFLOW);
}

long simulated_ring::now(const call& c) {
    switch (c.what) {
    case call::kind::pipe: {
        const auto ends = files_.make_pipe();
        std::copy(ends.begin(), ends.end(), static_cast<int*>(c.out));
        return 0;
    }
    case call::kind::duplicate: {
        auto file = files_.find(c.fd);
        return file ? files_.add(std::move(file)) : -EBADF;
    }
    case call::kind::read: {
        const auto file = files_.find(c.fd);
        return file ? file->read(c.out, c.size) : -EBADF;
    }
    case call::kind::write: {
        const auto file = files_.find(c.fd);
        return file ? file->write(c.in, c.size) : -EBADF;
    }
    default:
        return -ENOSYS;
    }
}

int simulated_ring::close(int fd) noexcept {
    return files_.close(fd);
}

time_point simulated_ring::clock() const noexcept {
    return time_point(nanoseconds(static_cast<std::int64_t>(now_)));
}

void simulated_ring::wake() noexcept {
    woken_.store(true);
    woken_.notify_one();
}

// splitmix64: the same on every platform, unlike the distributions of the standard library.
std::uint64_t simulated_ring::draw(std::uint64_t below) noexcept {
    random_ += 0x9e3779b97f4a7c15;
    std::uint64_t z = random_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return (z ^ (z >> 31)) % below;
}

}  // namespace coil::ring
