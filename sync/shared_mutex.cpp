// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/shared_mutex.hpp>

#include <coil/runtime/base/log.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>
#include <string>
#include <system_error>

namespace coil {

const line_rules shared_mutex::rules{"shared_mutex", &shared_mutex::arrive, &shared_mutex::left};

shared_mutex::~shared_mutex() {
    if (word_.load(std::memory_order_relaxed) > contended && line_.empty())
        log(locked() ? "a shared_mutex was destroyed while it was locked for writing"
                     : "a shared_mutex was destroyed while it was locked for reading");
}

void shared_mutex::check_not_writer(holder_id who, place where) const {
    if ((word_.load(std::memory_order_relaxed) & writing) && writer_.load(std::memory_order_relaxed) == who)
        misuse(std::errc::resource_deadlock_would_occur,
               std::string(this_holder_in_words()) +
                   " holds the shared_mutex for writing already, and would wait for itself for ever",
               where);
}

bool shared_mutex::arrive(wait_list& line, waiter& w) noexcept {
    shared_mutex& self = line.of<shared_mutex>();
    for (;;) {
        if (self.take(w.wants, w.holder())) return true;
        std::uint64_t found = self.word_.load(std::memory_order_relaxed);
        if (found & contended) return false;
        // it may have become free, or open for us, meanwhile
        const bool shut = w.wants == writing ? found != 0 : (found & writing) != 0;
        if (shut && replace(self.word_, found, found | contended)) return false;
    }
}

void shared_mutex::left(wait_list& line, waiter&, wake_batch& wakes) noexcept {
    line.of<shared_mutex>().serve(wakes);  // readers that stood behind a writer
}

// Under the lock. While `contended` is set nobody enters past us; readers may only leave, and those come by here.
void shared_mutex::serve(wake_batch& wakes) noexcept {
    for (;;) {
        waiter* const next = line_.front();
        std::uint64_t found = word_.load(std::memory_order_relaxed);
        if (!next) {
            if (!line_.empty()) return;  // who leaves at this moment comes by here
            word_.fetch_and(~contended, std::memory_order_release);
            return;
        }
        if (next->wants == writing) {
            if ((found & ~contended) != 0) return;
            if (!line_.grant(*next, wakes)) continue;
            writer_.store(next->holder(), std::memory_order_relaxed);
            word_.store(writing | contended, std::memory_order_release);
        } else {
            if (found & writing) return;
            if (line_.grant(*next, wakes)) word_.fetch_add(reader, std::memory_order_acq_rel);
        }
    }
}

void shared_mutex::release() noexcept {
    // Before it is free: the next writer says who it is only once it has taken the lock, and until then we would find
    // ourselves here, and be told that we hold it.
    writer_.store(0, std::memory_order_relaxed);
    std::uint64_t expected = writing;
    if (replace(word_, expected, std::uint64_t{0})) [[likely]]
        return;
    wake_batch wakes;
    const std::scoped_lock held(lock_);
    word_.fetch_and(~writing, std::memory_order_release);
    serve(wakes);
}

void shared_mutex::release_shared() noexcept {
    std::uint64_t found = word_.load(std::memory_order_relaxed);
    while ((found & contended) == 0)
        if (replace(word_, found, found - reader)) [[likely]]
            return;
    wake_batch wakes;
    const std::scoped_lock held(lock_);
    word_.fetch_sub(reader, std::memory_order_acq_rel);
    serve(wakes);
}

void shared_mutex::shared_side::release() noexcept { owner_->release_shared(); }

void shared_mutex::unlock(place where) {
    if (!locked()) misuse(std::errc::operation_not_permitted, "this shared_mutex is not locked for writing", where);
    if (writer_.load(std::memory_order_relaxed) != this_holder())
        misuse(std::errc::operation_not_permitted, "this shared_mutex is locked by somebody else", where);
    release();
}

void shared_mutex::unlock_shared(place where) {
    if (readers() == 0)
        misuse(std::errc::operation_not_permitted, "this shared_mutex is not locked for reading", where);
    release_shared();
}

shared_mutex::guard shared_mutex::lock_blocking(place where) {
    if (!begin(this_holder(), where)) {
        thread_wait w(writing);
        w.sleep_in(line_, where);
    }
    return guard(*this);
}

shared_mutex::shared_guard shared_mutex::lock_shared_blocking(place where) {
    if (!begin_shared(this_holder(), where)) {
        thread_wait w(reader);
        w.sleep_in(line_, where);
    }
    return shared_guard(shared_);
}

}  // namespace coil
