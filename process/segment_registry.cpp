// SPDX-License-Identifier: BSL-1.0
#include <coil/process/segment_registry.hpp>

#include <coil/process/segment_head.hpp>

#include <algorithm>

namespace coil::process {

namespace {
bool same_object(const segment_head& a, const segment_head& b) noexcept {
    return a.name_of_count == b.name_of_count && a.name_of_pid == b.name_of_pid && a.name_of_start == b.name_of_start;
}
}  // namespace

segment_registry& segment_registry::of_process() {
    static segment_registry& it = *new segment_registry;
    return it;
}

std::uint64_t segment_registry::next_number() {
    const std::scoped_lock hold(lock_);
    return ++numbers_;
}

void segment_registry::enter(segment& s) {
    segments_.reserve(segments_.size() + 1);
    s.notice_slow();
    s.join();
    segments_.push_back(&s);
    s.notice_slow();
    s.kick();  // whoever sleeps shall watch the new one too
}

void segment_registry::add(segment& s) {
    const std::scoped_lock hold(lock_);
    enter(s);
}

segment* segment_registry::find_or_add(segment& s) {
    const std::scoped_lock hold(lock_);
    for (segment* known : segments_)
        if (same_object(known->head(), s.head())) {
            known->keep();
            return known;
        }
    enter(s);
    return &s;
}

void segment_registry::drop(segment& s) noexcept {
    const std::scoped_lock hold(lock_);
    if (s.refs_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    std::erase(segments_, &s);
    if (!ring::in_forked_child()) s.leave();
    else s.head_ = nullptr;  // not mapped there
    delete &s;
}

void segment_registry::departs(segment& s, segment::roles has, ring::descriptor reading) {
    s.keep();
    s.take_up(has << segment::travelling);
    try {
        ring::end_watch::of_process().pipe(reading.release(), &arrived, &s, has);
    } catch (...) {
        arrived(&s, has);
        throw;
    }
}

void segment_registry::arrived(void* s, std::uint64_t roles) noexcept {
    auto& self = *static_cast<segment*>(s);
    self.lay_down(static_cast<segment::roles>(roles) << segment::travelling);
    self.kick();
    self.drop();
}

void segment_registry::watch(const ring::process_identity& who) noexcept {
    const std::scoped_lock hold(watch_lock_);
    for (const watched& w : watched_)
        if (w.who == who) return;
    try {
        watched_.push_back({who, ++keys_});
    } catch (...) {
        return;
    }
    try {
        ring::end_watch::of_process().process(who, &process_ended, this, keys_);
    } catch (...) {
        watched_.pop_back();
    }
}

void segment_registry::process_ended(void* registry, std::uint64_t key) noexcept {
    auto& self = *static_cast<segment_registry*>(registry);
    ring::process_identity who;
    {
        const std::scoped_lock hold(self.watch_lock_);
        const auto it = std::find_if(self.watched_.begin(), self.watched_.end(), [&](auto& w) { return w.key == key; });
        if (it == self.watched_.end()) return;
        who = it->who;
        self.watched_.erase(it);
    }
    const std::scoped_lock hold(self.lock_);
    for (segment* s : self.segments_)
        s->bury(who);
}

}  // namespace coil::process
