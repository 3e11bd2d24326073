// SPDX-License-Identifier: BSL-1.0
#include <coil/sync/semaphore.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/sync/thread_wait.hpp>

#include <mutex>
#include <stdexcept>
#include <string>
#include <system_error>

namespace coil {

namespace {

[[noreturn]] void bad_number(const std::string& text, place where) {
    throw std::invalid_argument(std::string(where.file_name()) + ":" + std::to_string(where.line()) + ": " + text);
}

}  // namespace

const line_rules semaphore::rules{"semaphore", &semaphore::arrive, &semaphore::left};

semaphore::semaphore(coil::count n, std::uint64_t limit)
    : word_(n.value() * one), limit_(limit), line_(lock_, rules, this) {
    if (n.value() > unlimited) throw std::invalid_argument("a semaphore of too many permits");
}

bool semaphore::try_acquire(std::size_t n) noexcept { return take(n); }

semaphore_permit semaphore::acquire_blocking(std::size_t n, place where) {
    if (!begin(n, where)) {
        thread_wait w(n);
        w.sleep_in(line_, where);
    }
    return permit(*this, n);
}

void semaphore::never_so_many(std::uint64_t n, place where) const {
    bad_number("nobody can acquire " + std::to_string(n) + " permits of a semaphore of " + std::to_string(limit_), where);
}

void semaphore::release(std::size_t n, place where) {
    if (!add(n))
        bad_number("a semaphore of " + std::to_string(limit_) + " permits was released too often", where);
}

bool semaphore::add(std::uint64_t n) noexcept {
    std::uint64_t found = word_.load(std::memory_order_relaxed);
    for (;;) {
        if (n > limit_ - found / one) return false;
        if (found & contended) break;
        if (replace(word_, found, found + n * one)) [[likely]]
            return true;
    }
    wake_batch wakes;
    const std::scoped_lock guard(lock_);
    // others add and take as well while nobody is in the line
    found = word_.load(std::memory_order_relaxed);
    do {
        if (n > limit_ - found / one) return false;
    } while (!replace(word_, found, found + n * one));
    serve(wakes);
    return true;
}

// Under the lock; while `contended` is set nobody takes any past us.
void semaphore::serve(wake_batch& wakes) noexcept {
    for (;;) {
        waiter* const next = line_.front();
        if (!next) {
            if (line_.empty()) word_.fetch_and(~contended, std::memory_order_release);
            return;
        }
        if (next->wants > word_.load(std::memory_order_relaxed) / one) return;
        if (line_.grant(*next, wakes)) word_.fetch_sub(next->wants * one, std::memory_order_acq_rel);
    }
}

bool semaphore::arrive(wait_list& line, waiter& w) noexcept {
    semaphore& self = line.of<semaphore>();
    for (;;) {
        if (self.take(w.wants)) return true;
        std::uint64_t found = self.word_.load(std::memory_order_relaxed);
        if (found & contended) return false;
        if (found / one < w.wants && replace(self.word_, found, found | contended)) return false;
    }
}

void semaphore::left(wait_list& line, waiter&, wake_batch& wakes) noexcept { line.of<semaphore>().serve(wakes); }

void semaphore_permit::release(place where) {
    if (!from_) misuse(std::errc::operation_not_permitted, "this permit was given back before", where);
    give_back();
}

void semaphore_permit::give_back() noexcept {
    if (semaphore* const s = std::exchange(from_, nullptr)) (void)s->add(count_);
}

}  // namespace coil
