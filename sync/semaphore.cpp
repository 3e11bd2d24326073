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
    for (;;) {
        if (n > limit_ - found / one) return false;
        if (found & contended) break;
        if (replace(word_, found, found + n * one)) [[likely]]
            return true;
    }
    return add_and_serve(n);
}

bool semaphore::add_and_serve(std::uint64_t n) noexcept {
    wake_batch wakes;
    const std::scoped_lock guard(lock_);
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

void semaphore_permit::give_back() noexcept {
    if (semaphore* const s = std::exchange(from_, nullptr)) (void)s->add(count_);
}

}  // namespace coil
