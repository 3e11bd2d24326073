// SPDX-License-Identifier: BSL-1.0
// Rows shared_lock/pthread and shared_value/pthread: a robust mutex of pthreads that lies in shared memory.
#include <pthread.h>
#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "../measure/row.hpp"

namespace {

struct shared {
    pthread_mutex_t lock;
    std::uint64_t value;
};

measure::result lock(std::uint64_t n) {
    void* const at = ::mmap(nullptr, sizeof(shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) std::abort();
    auto& s = *new (at) shared{};
    pthread_mutexattr_t how;
    pthread_mutexattr_init(&how);
    pthread_mutexattr_setpshared(&how, PTHREAD_PROCESS_SHARED);
    pthread_mutexattr_setrobust(&how, PTHREAD_MUTEX_ROBUST);
    pthread_mutex_init(&s.lock, &how);
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) {
        if (pthread_mutex_lock(&s.lock) != 0) std::abort();
        ++s.value;
        measure::keep(s.value);
        pthread_mutex_unlock(&s.lock);
    }
    const measure::result r = w.stop(static_cast<double>(n));
    ::munmap(at, sizeof(shared));
    return r;
}

const measure::enrol all[] = {{"shared_lock/pthread", 100'000, lock}, {"shared_value/pthread", 100'000, lock}};

}  // namespace
