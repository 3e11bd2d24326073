// SPDX-License-Identifier: BSL-1.0
// Births and deaths of a pool's workers.
#include <coil/process/pool_core.hpp>
#include <coil/process/remote_error.hpp>

#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/log.hpp>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace coil::process {

namespace {
constexpr unsigned most_failed_starts = 3;  // one after another
}

pool_core::seat::seat(std::string n)
    : name(std::move(n)),
      memory(std::make_shared<const shared_mapping>(head_bytes, ring_bytes, bulk_bytes)),
      words(words_in(*memory)),
      requests(words.requests, memory->ring(0), memory->bulk(0)),
      replies(words.replies, memory->ring(1), memory->bulk(1)) {}

pool_core::seat_ptr pool_core::make_seat() {
    auto s = std::make_shared<seat>(name_ + "-" + std::to_string(++births_));
    function_key k;
    if (initialiser_) k = initialiser_->key();
    s->requests.write({.what = message_head::kind::initialise}, std::as_bytes(std::span(&k, 1)));
    {
        const std::scoped_lock guard(lock_);
        ++processes_;
    }
    try {
        s->worker = source_.hire({.name = s->name,
                                  .memory = s->memory,
                                  .bell = bell_number_,
                                  .gone = [core = shared_from_this(), s](int error, const child_end& end) {
                                      s->end = end;
                                      s->start_error.store(error, std::memory_order_relaxed);
                                      s->dead.store(true, std::memory_order_release);
                                      std::optional<resolver<void>> waiter;
                                      {
                                          const std::scoped_lock guard(core->lock_);
                                          if (--core->processes_ == 0) waiter.swap(core->gone_waiter_);
                                      }
                                      if (waiter) waiter->set_value();
                                      core->poke();
                                  }});
    } catch (...) {
        const std::scoped_lock guard(lock_);
        --processes_;
        throw;
    }
    return s;
}

void pool_core::open() {
    for (std::size_t i = 0; i < size_; ++i) {
        auto s = make_seat();
        const std::scoped_lock guard(lock_);
        seats_.push_back(std::move(s));
    }
}

std::vector<int> pool_core::pids() {
    const std::scoped_lock guard(lock_);
    std::vector<int> all;
    for (const auto& s : seats_) all.push_back(s->worker->pid());
    return all;
}

std::exception_ptr pool_core::death_of(const seat& s, const batch& b) const {
    const child_end& e = s.end;
    const int pid = s.worker->pid();
    const bool by_signal = e.how == child_end::kind::killed || e.how == child_end::kind::dumped_core;
    return std::make_exception_ptr(
        worker_died("worker " + s.name + " " + s.worker->fate(e) + " while it ran " +
                        std::string(b.function_->name()),
                    pid, by_signal ? e.number : 0, by_signal ? 0 : e.number));
}

// The call that the worker was at fails; what it had not begun is made by others.
void pool_core::bury(seat& s) {
    drain(s);
    const std::uint64_t unpublished = s.words.unpublished.load(std::memory_order_acquire);
    const auto extra = static_cast<std::int32_t>(static_cast<std::uint32_t>(unpublished >> 32) - s.completed);
    while (!s.units.empty() && !s.units.front().owner) s.units.pop_front();
    if (extra > 0 && !s.units.empty()) {
        unit& u = s.units.front();
        const auto count = static_cast<std::uint32_t>(extra);
        if (count <= u.count - u.done) {
            const std::uint32_t done = u.done;
            try {
                take_results(s, u, s.replies.unpublished(unpublished & 0xffffffffU), count, {});
            } catch (const std::exception& e) {
                log("worker " + s.name + ": " + e.what() + " after its death");
            }
            const std::size_t counted = u.done - done;
            batch* const owner = u.owner;
            if (u.done == u.count) s.units.pop_front();
            if (counted > 0) settle(*owner, counted);
        }
    }
    // One at most of a worker of this machine; of another, all that it may have begun before it was lost.
    std::size_t at = static_cast<std::uint32_t>(s.words.begun.load(std::memory_order_acquire)) - s.completed;
    while (!s.units.empty()) {
        unit u = s.units.front();
        s.units.pop_front();
        if (!u.owner) continue;
        const std::size_t first = u.first + u.done, left = u.count - u.done, lost = std::min(at, left);
        if (lost > 0) {
            at -= lost;
            bool wanted = false;
            {
                const std::scoped_lock guard(lock_);
                wanted = u.owner->stop_ == batch::stop::none;
            }
            if (wanted)
                for (std::size_t i = 0; i < lost; ++i) fail_call(*u.owner, first + i, death_of(s, *u.owner));
        }
        put_back(*u.owner, first + lost, left - lost);
        if (lost > 0) settle(*u.owner, lost);
    }
}

bool pool_core::replace_dead() {
    bool any = false;
    for (auto& place : seats_) {
        if (!place->dead.load(std::memory_order_acquire)) continue;
        const seat_ptr s = place;
        bool over = false;
        {
            const std::scoped_lock guard(lock_);
            over = over_ || broken_;
        }
        if (over) continue;
        any = true;
        bury(*s);
        if (!s->ready && ++failed_starts_ >= most_failed_starts) {
            const int error = s->start_error.load(std::memory_order_relaxed);
            break_down(std::make_exception_ptr(std::runtime_error(
                "process::pool " + name_ + ": its workers end before they are ready; the last one " +
                (error != 0 ? std::string("could not be started: ") + std::strerror(error) : s->worker->fate(s->end)) +
                ". Does main begin with coil::process::init(argc, argv)?")));
            return true;
        }
        try {
            auto born = make_seat();
            const std::scoped_lock guard(lock_);
            place = std::move(born);
            if (over_) place->worker->send(SIGKILL);
        } catch (...) {
            break_down(std::current_exception());
            return true;
        }
    }
    return any;
}

void pool_core::fail_everything() noexcept {
    std::exception_ptr why;
    std::vector<batch*> all;
    {
        const std::scoped_lock guard(lock_);
        why = broken_;
        all = live_;
        over_ = closing_ = true;
    }
    for (const auto& s : seats_) {
        s->killed = true;
        s->worker->send(SIGKILL);
        while (!s->units.empty()) {
            const unit u = s->units.front();
            s->units.pop_front();
            if (!u.owner) continue;
            for (std::size_t i = u.done; i < u.count; ++i) u.owner->fail(u.first + i, why);
            settle(*u.owner, u.count - u.done);
        }
    }
    // The lead is ours, so nobody else takes calls of theirs; they leave when all is settled.
    for (batch* const b : all) {
        std::vector<batch::range> rest;
        std::size_t count = 0;
        {
            const std::scoped_lock guard(lock_);
            if (std::find(live_.begin(), live_.end(), b) == live_.end()) continue;
            rest = std::exchange(b->again_, {});
            rest.push_back({b->next_, b->size_ - b->next_});
            b->next_ = b->size_;
            for (const auto& r : rest) count += r.count;
            b->in_hands_ += count;
            if (b->linked()) intrusive_list<batch>::remove(*b);
        }
        if (count == 0) continue;
        for (const auto& r : rest)
            for (std::size_t i = 0; i < r.count; ++i) b->fail(r.first + i, why);
        settle(*b, count);
    }
}

}  // namespace coil::process
