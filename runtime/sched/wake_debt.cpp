// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/sched/wake_debt.hpp>

#include <coil/runtime/sched/loop.hpp>

#include <pthread.h>
#include <mutex>
#include <thread>

namespace coil {

namespace {
constinit spin_lock list_lock;
constinit wake_debt* first = nullptr;  // guarded by the lock, as are all links
}  // namespace

// The list goes through the threads' own memory, and a child has none of the others: what they owe is the parent's.
void wake_debt::forked() noexcept {
    wake_debt& mine = this_thread_owes;
    first = mine.allowed_ ? &mine : nullptr;
    mine.next_ = nullptr;
    mine.drop();
    list_lock.unlock();
}

void wake_debt::allow() noexcept {
    // fails for lack of memory only
    [[maybe_unused]] static const int once =
        ::pthread_atfork([] { list_lock.lock(); }, [] { list_lock.unlock(); }, &wake_debt::forked);
    std::scoped_lock guard(list_lock);
    allowed_ = true;
    next_ = first;
    first = this;
}

void wake_debt::forbid() noexcept {
    settle();
    std::scoped_lock guard(list_lock);
    allowed_ = false;
    wake_debt** at = &first;
    while (*at != this)
        at = &(*at)->next_;
    *at = next_;
}

void wake_debt::pay() noexcept {
    word mine = to_.load(std::memory_order_relaxed);
    if (mine == none || !to_.compare_exchange_strong(mine, mine | paying, std::memory_order_acquire)) return;
    reinterpret_cast<loop*>(mine)->wake_late();
    to_.store(none, std::memory_order_release);  // the loop may go from here on
}

void wake_debt::cancel(loop& l) noexcept {
    std::scoped_lock guard(list_lock);
    for (wake_debt* d = first; d != nullptr; d = d->next_) {
        word owed = word_of(l);
        if (d->to_.compare_exchange_strong(owed, none, std::memory_order_acq_rel)) continue;
        while (d->to_.load(std::memory_order_acquire) == (word_of(l) | paying))
            std::this_thread::yield();
    }
}

}  // namespace coil
