// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/semaphore.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>
#include <string>
#include <system_error>

namespace coil {

const line_rules semaphore::rules{"semaphore", &semaphore::arrive, &semaphore::left};

semaphore::semaphore(coil::count n, std::uint64_t limit, place where)
    : word_(n.value() * one), limit_(limit), line_(lock_, rules, this) {
    if (n.value() > unlimited) bad_argument("a semaphore of too many permits", where);
}

bool semaphore::try_acquire(coil::count n) noexcept { return take(n.value()); }

semaphore_permit semaphore::acquire_blocking(coil::count wanted, place where) {
    const std::size_t n = wanted.value();
    if (!begin(n, where)) {
        thread_wait w(n);
        w.sleep_in(line_, where);
    }
    return permit(*this, n);
}

void semaphore::never_so_many(std::uint64_t n, place where) const {
    bad_argument("nobody can acquire " + std::to_string(n) + " permits of a semaphore of " + std::to_string(limit_),
                 where);
}

void semaphore::release(coil::count n, place where) {
    if (!add(n.value()))
        bad_argument("a semaphore of " + std::to_string(limit_) + " permits was released too often", where);
}

bool semaphore::add(std::uint64_t n) noexcept {
    std::uint64_t found = word_.load(std::memory_order_relaxed);
    while ((found & contended) == 0) {
        if (n > limit_ - found / one) return false;
        if (replace(word_, found, found + n * one)) [[likely]]
            return true;
    }
    return add_and_serve(n);
}

// Mostly no permit is free, and what comes back is what the first in line wants, a branch: no more than there may be.
bool semaphore::add_and_serve(std::uint64_t n) noexcept {
    if (!lock_.lock_at_once()) [[unlikely]]
        return add_after_wait(n);
    const std::uint64_t found = word_.load(std::memory_order_relaxed);
    waiter* const first = line_.first();
    if (found != contended || !first || first->wants != n) [[unlikely]]
        return add_otherwise(n);
    wait* const granted = line_.grant_first_branch();
    if (!granted) [[unlikely]]
        return add_otherwise(n);
    if (const waiter* const next = line_.first(); next && next->wants == 0) [[unlikely]]
        return serve_others(*first);
    word_.store(line_.empty() ? 0 : contended, std::memory_order_release);  // as `serve` does
    lock_.unlock();
    return granted->alone().home->ready_here(*granted) || wait_list::wake_elsewhere(*granted);
}

[[gnu::noinline]] bool semaphore::add_after_wait(std::uint64_t n) noexcept {
    lock_.lock();
    return add_otherwise(n);
}

// The lock of the line is held.
[[gnu::noinline]] bool semaphore::add_otherwise(std::uint64_t n) noexcept {
    wake_batch wakes;
    const std::scoped_lock guard(std::adopt_lock, lock_);
    // Relaxed, and yet what others did before they gave back what is free goes on to whom we give it: whoever set the
    // mark acquired that, and did so under this lock; since then the word is written under it alone.
    std::uint64_t found = word_.load(std::memory_order_relaxed);
    do {
        if (n > limit_ - found / one) return false;
        if (found & contended) {
            serve(found / one + n, wakes);
            return true;
        }
        // nobody is in the line any more: others add and take as well
    } while (!replace(word_, found, found + n * one));
    return true;
}

// Those who want none do not wait for one. The lock of the line is held.
[[gnu::noinline]] bool semaphore::serve_others(waiter& granted) noexcept {
    wake_batch wakes;
    wakes.add(granted);
    const std::scoped_lock guard(std::adopt_lock, lock_);
    serve(0, wakes);
    return true;
}

// Under the lock, and `contended` is set: until we take that away nobody else writes the word.
void semaphore::serve(std::uint64_t free, wake_batch& wakes) noexcept {
    waiter* next = line_.front();
    for (; next && next->wants <= free; next = line_.front())
        if (line_.grant(*next, wakes)) free -= next->wants;
    // release: what was done before a permit came back is seen by whoever takes it
    word_.store(free * one | (line_.empty() ? 0 : contended), std::memory_order_release);
}

// Under the lock.
inline bool semaphore::take_or_mark(std::uint64_t n) noexcept {
    std::uint64_t found = word_.load(std::memory_order_relaxed);
    for (;;) {
        if (found & contended) return false;
        const bool there = found / one >= n;
        if (replace(word_, found, there ? found - n * one : found | contended)) return there;
    }
}

// The same as the line does by its rules, in one piece.
std::coroutine_handle<> semaphore::wait_in_line(line_wait& w, std::coroutine_handle<> h) noexcept {
    if (!w.enters_at_once() || !lock_.lock_at_once()) [[unlikely]]
        return wait_otherwise(w, h);
    if ((word_.load(std::memory_order_relaxed) & contended) == 0) [[unlikely]]
        return wait_as_first(w, h);
    w.join_line(lock_, h);
    return go_to_next();
}

[[gnu::noinline]] std::coroutine_handle<> semaphore::wait_as_first(line_wait& w, std::coroutine_handle<> h) noexcept {
    if (take_or_mark(w.wants)) return w.got_at_once(lock_, h);
    w.join_line(lock_, h);
    return go_to_next();
}

[[gnu::noinline]] std::coroutine_handle<> semaphore::wait_otherwise(line_wait& w, std::coroutine_handle<> h) noexcept {
    return w.suspend(h, [this, &w]() noexcept {
        const std::scoped_lock guard(lock_);
        if (take_or_mark(w.wants)) {
            w.set_state(claimant::outcome::granted);
            return false;
        }
        line_.push_back(w);
        return true;
    });
}

bool semaphore::arrive(wait_list& line, waiter& w) noexcept { return line.of<semaphore>().take_or_mark(w.wants); }

void semaphore::left(wait_list& line, waiter&, wake_batch& wakes) noexcept {
    semaphore& self = line.of<semaphore>();
    const std::uint64_t found = self.word_.load(std::memory_order_relaxed);  // as above
    if (found & contended) self.serve(found / one, wakes);
}

void semaphore_permit::release(place where) {
    if (!from_) misuse(std::errc::operation_not_permitted, "this permit was given back before", where);
    give_back();
}

}  // namespace coil
