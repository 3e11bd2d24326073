// SPDX-License-Identifier: BSL-1.0
// Rows shared_queue_*/raw and shared_trip/raw: two positions and an array in memory that two processes map. One writes, one
// reads; who finds nothing to do looks for a while and then sleeps. No third process, no death, no stop.
#include <linux/futex.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <new>

#include "../measure/row.hpp"
#include "shared_work.hpp"

namespace {

using shared_work::few;
using shared_work::parcel;
using shared_work::room;

// A word to sleep on, for one.
class doorbell {
public:
    template <class Ready>
    void wait(Ready ready) {
        for (int i = 0; i != looks; ++i) {
            if (ready()) return;
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
        }
        for (;;) {
            const std::uint32_t seen = word_.load(std::memory_order_relaxed);
            sleeps_.store(1, std::memory_order_seq_cst);
            if (ready()) break;
            ::syscall(SYS_futex, &word_, FUTEX_WAIT, seen, nullptr, nullptr, 0);
        }
        sleeps_.store(0, std::memory_order_relaxed);
    }
    // after what the other waits for was stored, seq_cst
    void ring() {
        if (sleeps_.load(std::memory_order_seq_cst) == 0) return;
        word_.fetch_add(1, std::memory_order_release);
        ::syscall(SYS_futex, &word_, FUTEX_WAKE, 1, nullptr, nullptr, 0);
    }

private:
    static constexpr int looks = 1000;
    alignas(64) std::atomic<std::uint32_t> word_{0};
    std::atomic<std::uint32_t> sleeps_{0};
};

template <class T, std::uint64_t Room>
class line {
public:
    void put(const T& v) {
        const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
        if (tail - head_seen_ == Room)
            drained_.wait([&] { return tail - (head_seen_ = head_.load(std::memory_order_seq_cst)) != Room; });
        places_[tail % Room] = v;
        tail_.store(tail + 1, std::memory_order_seq_cst);
        filled_.ring();
    }
    void get(T& v) {
        const std::uint64_t head = head_.load(std::memory_order_relaxed);
        if (head == tail_seen_)
            filled_.wait([&] { return head != (tail_seen_ = tail_.load(std::memory_order_seq_cst)); });
        v = places_[head % Room];
        head_.store(head + 1, std::memory_order_seq_cst);
        drained_.ring();
    }

private:
    alignas(64) std::atomic<std::uint64_t> tail_{0};
    std::uint64_t head_seen_ = 0;
    alignas(64) std::atomic<std::uint64_t> head_{0};
    std::uint64_t tail_seen_ = 0;
    doorbell filled_, drained_;
    T places_[Room];
};

// Memory of two processes, and the other one, which does `work` in it; this one has a single thread when it is made.
template <class Shared, class Work>
class with_another {
public:
    explicit with_another(Work work) {
        void* const at = ::mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (at == MAP_FAILED) std::abort();
        shared_ = new (at) Shared{};
        pid_ = ::fork();
        if (pid_ != 0) return;
        work(*shared_);
        ::_exit(0);
    }
    with_another(const with_another&) = delete;
    with_another& operator=(const with_another&) = delete;
    ~with_another() {
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        ::munmap(shared_, sizeof(Shared));
    }
    Shared& shared() const { return *shared_; }

private:
    Shared* shared_;
    pid_t pid_;
};

template <std::size_t Size>
measure::result gets(std::uint64_t n) {
    using queue = line<parcel<Size>, room<Size>>;
    const auto puts = [n](queue& q) {
        const parcel<Size> one;
        for (std::uint64_t i = 0; i <= n; ++i) q.put(one);
    };
    const with_another<queue, decltype(puts)> other(puts);
    parcel<Size> got;
    other.shared().get(got);
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        other.shared().get(got);
        measure::keep(got);
    }
    return w.stop(static_cast<double>(n));
}

struct two_lines {
    line<std::uint64_t, few> asked, answered;
};

measure::result trips(std::uint64_t n) {
    const auto answers = [n](two_lines& q) {
        for (std::uint64_t i = 0; i <= n; ++i) {
            std::uint64_t question = 0;
            q.asked.get(question);
            q.answered.put(question);
        }
    };
    const with_another<two_lines, decltype(answers)> other(answers);
    two_lines& q = other.shared();
    std::uint64_t got = 0;
    q.asked.put(0);
    q.answered.get(got);
    const measure::window w;
    for (std::uint64_t i = 0; i != n; ++i) {
        q.asked.put(i);
        q.answered.get(got);
        measure::keep(got);
    }
    return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"shared_queue_64/raw", shared_work::messages<64>, gets<64>, measure::shape::whole},
    {"shared_queue_64k/raw", shared_work::messages<65536>, gets<65536>, measure::shape::whole},
    {"shared_trip/raw", shared_work::trips, trips, measure::shape::whole},
};

}  // namespace
