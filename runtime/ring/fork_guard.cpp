// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/ring/fork_guard.hpp>

#include <pthread.h>

#include <mutex>

namespace coil::ring {

struct fork_list {
    std::mutex lock;
    intrusive_list<fork_guard> guards;

    // Never destroyed: a thread may fork while static objects are torn down.
    static fork_list& of_process() {
        static fork_list& list = *new fork_list;
        return list;
    }
    fork_list() {
        // Fails for lack of memory only, and then a forked child is merely not told.
        pthread_atfork([] { of_process().lock.lock(); }, [] { of_process().lock.unlock(); },
                       [] { of_process().tell_and_unlock(); });
    }
    void tell_and_unlock() noexcept {
        for (fork_guard* g = guards.front(); g != nullptr; g = guards.after(*g))
            g->forked();
        lock.unlock();
    }
};

void fork_guard::join() {
    fork_list& list = fork_list::of_process();
    const std::lock_guard hold(list.lock);
    list.guards.push_back(*this);
}

void fork_guard::leave() noexcept {
    fork_list& list = fork_list::of_process();
    const std::lock_guard hold(list.lock);
    if (linked()) intrusive_list<fork_guard>::remove(*this);
}

}  // namespace coil::ring
