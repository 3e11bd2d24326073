// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fallback_requests.hpp>

#include <utility>

namespace coil::ring {

namespace {
constexpr std::size_t unarmed = static_cast<std::size_t>(-1);
}

fallback_requests::fallback_requests() : buckets_(64) {}

fallback_request& fallback_requests::make(const io_uring_sqe& entry) {
    if (free_ == nullptr) {
        // room for all of it now: what is begun goes on without memory
        chunks_.push_back(std::make_unique<chunk>());
        timed_.reserve(chunks_.size() * chunk_length);
        while (buckets_.size() < chunks_.size() * chunk_length)
            widen();
        for (fallback_request& r : *chunks_.back())
            r.next = std::exchange(free_, &r);
    }
    fallback_request& r = *free_;
    free_ = r.next;
    r.copy[0] = entry;
    r.progress = {};
    r.where = fallback_request::place::none;
    r.slot = nullptr;
    r.next = nullptr;
    r.heap_index = unarmed;
    return r;
}

void fallback_requests::release(fallback_request& r) noexcept {
    disarm(r);
    if (std::exchange(r.found_by_number, false)) {
        fallback_request** p = &bucket(r.entry().user_data);
        while (*p != &r)
            p = &(*p)->next;
        *p = r.next;
    }
    r.where = fallback_request::place::none;
    r.next = std::exchange(free_, &r);
}

// ---- by user_data

fallback_request*& fallback_requests::bucket(std::uint64_t user_data) noexcept {
    const std::uint64_t mixed = (user_data >> 4 ^ user_data) * 0x9e3779b97f4a7c15;
    return buckets_[(mixed >> 32) & (buckets_.size() - 1)];
}

void fallback_requests::publish(fallback_request& r) noexcept {
    if (r.found_by_number) return;
    fallback_request*& b = bucket(r.entry().user_data);
    r.next = std::exchange(b, &r);
    r.found_by_number = true;
}

void fallback_requests::widen() {
    std::vector<fallback_request*> old(buckets_.size() * 2);
    old.swap(buckets_);
    for (fallback_request* r : old)
        while (r != nullptr) {
            fallback_request*& b = bucket(r->entry().user_data);
            fallback_request* const following = std::exchange(r->next, b);
            b = std::exchange(r, following);
        }
}

fallback_request* fallback_requests::find(std::uint64_t user_data) noexcept {
    fallback_request* r = bucket(user_data);
    while (r != nullptr && r->entry().user_data != user_data)
        r = r->next;
    return r;
}

// ---- by time

void fallback_requests::arm(fallback_request& r, time_point due) noexcept {
    disarm(r);
    r.due = due;
    timed_.push_back(&r);
    r.heap_index = timed_.size() - 1;
    lift(r.heap_index);
}

void fallback_requests::disarm(fallback_request& r) noexcept {
    const std::size_t at = std::exchange(r.heap_index, unarmed);
    if (at == unarmed) return;
    fallback_request& last = *timed_.back();
    timed_.pop_back();
    if (&last == &r) return;
    put(at, last);
    sink(at);
    lift(last.heap_index);
}

fallback_request* fallback_requests::pop_due(time_point now) noexcept {
    if (timed_.empty() || timed_.front()->due > now) return nullptr;
    fallback_request& r = *timed_.front();
    disarm(r);
    return &r;
}

void fallback_requests::put(std::size_t at, fallback_request& r) noexcept {
    timed_[at] = &r;
    r.heap_index = at;
}

void fallback_requests::lift(std::size_t at) noexcept {
    fallback_request& r = *timed_[at];
    for (; at != 0 && r.due < timed_[(at - 1) / 2]->due; at = (at - 1) / 2)
        put(at, *timed_[(at - 1) / 2]);
    put(at, r);
}

void fallback_requests::sink(std::size_t at) noexcept {
    fallback_request& r = *timed_[at];
    for (std::size_t below; (below = 2 * at + 1) < timed_.size(); at = below) {
        if (below + 1 < timed_.size() && timed_[below + 1]->due < timed_[below]->due) ++below;
        if (timed_[below]->due >= r.due) break;
        put(at, *timed_[below]);
    }
    put(at, r);
}

}  // namespace coil::ring
