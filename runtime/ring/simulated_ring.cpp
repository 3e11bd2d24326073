// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/simulated_ring.hpp>

#include <coil/runtime/ring/simulated_kernel.hpp>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <stdexcept>
#include <utility>

namespace coil::ring {

namespace {

// An hour after the epoch, so that a program that subtracts from now stays on the clock.
constexpr std::uint64_t first_moment = 3'600'000'000'000;

}  // namespace

simulated_ring::simulated_ring(const simulation_options& options)
    : options_(options),
      now_(first_moment),
      entry_memory_(std::bit_ceil(std::max(options.submission_entries, 1U))),
      completion_memory_(std::bit_ceil(std::max(options.completion_entries, 1U))),
      random_(std::make_unique<simulated_random>(options.seed)),
      luck_(std::make_unique<simulated_luck>(*random_, options.faults, options.plan)),
      kernel_(std::make_unique<simulated_kernel>(*random_, *luck_, options.descriptors, options.buffer, now_)) {
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
    simulated_kernel::name_opcodes(features_);
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
    collect(wait);
    // what was posted may not be there yet: then the next look finds it
    while (wait && !something_to_reap() && jump(deadline))
        collect(true);
}

// Moves the clock to the next thing that happens. False if that ends the wait.
bool simulated_ring::jump(time_point deadline) {
    const time_point present = clock();
    time_point next = never;
    for (const auto& r : requests_)
        if (r->due > present) next = std::min(next, r->due);
    if (next == never && deadline == never) {
        if (options_.when_idle != nullptr) options_.when_idle(options_.context);
        else woken_.wait(false);
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
    auto made = std::make_unique<request>(entry);
    request& r = *made;
    long error = kernel_->begin(r);
    if (error == 0 && entry.opcode == IORING_OP_TIMEOUT) error = start_timeout(r);
    else if (error == 0 && entry.opcode == IORING_OP_ASYNC_CANCEL) r.result = cancel(entry);
    else if (const std::uint64_t delay = luck_->delay(); delay != 0)
        r.due = deadline_after(clock(), nanoseconds(static_cast<std::int64_t>(delay)));
    if (error != 0) r.result = static_cast<std::int32_t>(error);
    requests_.push_back(std::move(made));
}

long simulated_ring::start_timeout(request& r) const {
    const io_uring_sqe& entry = r.entry();
    if (entry.len != 1 || entry.off != 0 || (entry.timeout_flags & ~IORING_TIMEOUT_ABS) != 0) return -EINVAL;
    const auto& t = *reinterpret_cast<const __kernel_timespec*>(static_cast<std::uintptr_t>(entry.addr));
    const nanoseconds d{t.tv_sec * 1'000'000'000 + t.tv_nsec};
    r.due = (entry.timeout_flags & IORING_TIMEOUT_ABS) != 0 ? time_point(d) : deadline_after(clock(), d);
    return 0;
}

std::int32_t simulated_ring::cancel(const io_uring_sqe& entry) {
    if (entry.cancel_flags != 0) return -EINVAL;
    const auto found = std::find_if(requests_.begin(), requests_.end(),
                                    [&](const auto& r) { return r->entry().user_data == entry.addr && !r->done; });
    if (found == requests_.end()) return -ENOENT;
    request& target = **found;
    // A request that could complete is on its way: some of the time it is too late, as in a kernel.
    if (target.result) return -EALREADY;
    if (luck_->cancels_late() && try_to_complete(target) && (target.done || target.result)) return -EALREADY;
    // of what was to move all, a part has been moved, which counts
    target.result = target.moved != 0 ? static_cast<std::int32_t>(target.moved) : -ECANCELED;
    target.due = never;
    return 0;
}

// True if it completed; by then its completion is posted, or is the further one that it goes on after.
bool simulated_ring::try_to_complete(request& r) {
    if (!r.result) {
        if (r.due != never && r.due > clock()) return false;
        if (r.entry().opcode == IORING_OP_TIMEOUT) {
            if (r.due == never) return false;
            r.result = -ETIME;
        } else if (const auto result = kernel_->attempt(r)) {
            if (kernel_->goes_on(r, *result) && !luck_->finds_no_room()) {
                post(r, static_cast<std::int32_t>(*result), IORING_CQE_F_MORE);
                return true;
            }
            r.result = static_cast<std::int32_t>(*result);
            r.flags |= kernel_->flags_of(r, *result);
        } else {
            return false;
        }
    }
    const bool notifies = r.entry().opcode == IORING_OP_SEND_ZC && (r.flags & IORING_CQE_F_NOTIF) == 0;
    if (notifies && r.file != nullptr) {
        // the memory is free only with a second completion
        post(r, *r.result, IORING_CQE_F_MORE);
        r.result = 0;
        r.flags = IORING_CQE_F_NOTIF;
        return true;
    }
    post(r, *r.result, r.flags);
    r.done = true;
    return true;
}

// Completes what can be completed. Each completion may make others possible, or impossible, so passes repeat until one
// finds nothing.
void simulated_ring::collect(bool at_least_one) {
    for (bool progress = true; progress;) {
        progress = false;
        for (request* const r : draw_order()) {
            if ((!at_least_one || something_to_reap()) && options_.linger != 0 &&
                random_->draw(1000) < options_.linger) {
                r->lingers = true;
                continue;
            }
            const std::size_t moved = r->moved;
            const bool completed = try_to_complete(*r);
            progress = progress || completed || r->moved != moved;  // a part makes way for others
        }
        std::erase_if(requests_, [](const auto& r) { return r->done; });
    }
    for (const auto& r : requests_)
        r->lingers = false;
}

// The requests that do not linger, shuffled.
std::vector<simulated_request*> simulated_ring::draw_order() {
    std::vector<request*> order;
    order.reserve(requests_.size());
    for (const auto& r : requests_)
        if (!r->lingers && !r->done) order.push_back(r.get());
    for (std::size_t left = order.size(); left > 1; --left)
        std::swap(order[left - 1], order[random_->draw(left)]);
    return order;
}

void simulated_ring::post(const request& r, std::int32_t result, std::uint32_t flags) {
    if (result >= 0 && (r.entry().flags & IOSQE_CQE_SKIP_SUCCESS) != 0) return;
    overflow_.push_back({.user_data = r.entry().user_data, .res = result, .flags = flags});
    if (!luck_->finds_no_room()) flush_overflow();
}

void simulated_ring::flush_overflow() {
    word tail = load_relaxed(completion_tail_);
    while (!overflow_.empty() && tail - load_acquire(completion_head_) <= completion_mask_) {
        io_uring_cqe& to = completions_[tail & completion_mask_];
        to.user_data = overflow_.front().user_data;
        to.res = overflow_.front().res;
        to.flags = overflow_.front().flags;
        overflow_.pop_front();
        store_release(completion_tail_, ++tail);
    }
    store_release(state_, overflow_.empty() ? 0 : IORING_SQ_CQ_OVERFLOW);
}

long simulated_ring::now(const call& c) {
    return kernel_->now(c);
}

int simulated_ring::close(int fd) noexcept {
    return kernel_->close(fd);
}

std::size_t simulated_ring::open_descriptors() const noexcept {
    return kernel_->open_descriptors();
}

time_point simulated_ring::clock() const noexcept {
    return time_point(nanoseconds(static_cast<std::int64_t>(now_)));
}

void simulated_ring::wake() noexcept {
    woken_.store(true);
    woken_.notify_one();
}

}  // namespace coil::ring
