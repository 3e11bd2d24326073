// SPDX-License-Identifier: BSL-1.0
// The least timers: a 4-ary heap of deadlines and coroutines. Nothing can be cancelled; one nanosleep is the only wait.
#pragma once

#include <algorithm>
#include <coroutine>
#include <cstdint>
#include <ctime>
#include <vector>

namespace floor_of {

class timer_heap {
public:
    struct entry {
        std::int64_t deadline;
        std::coroutine_handle<> frame;
    };

    static std::int64_t clock() {
        timespec t{};
        clock_gettime(CLOCK_MONOTONIC, &t);
        return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
    }

    std::int64_t now() const { return now_; }
    void refresh() { now_ = clock(); }

    void push(entry e) {
        std::size_t hole = heap_.size();
        heap_.push_back(e);
        while (hole > 0) {
            const std::size_t up = (hole - 1) / 4;
            if (heap_[up].deadline <= e.deadline) break;
            heap_[hole] = heap_[up];
            hole = up;
        }
        heap_[hole] = e;
    }

    /// Resumes each sleeper at its deadline until none is left.
    void run() {
        while (!heap_.empty()) {
            refresh();
            while (!heap_.empty() && heap_[0].deadline <= now_)
                pop().frame.resume();
            if (!heap_.empty()) sleep_until(heap_[0].deadline);
        }
    }

private:
    static void sleep_until(std::int64_t deadline) {
        const timespec t{deadline / 1'000'000'000, deadline % 1'000'000'000};
        clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, nullptr);
    }

    entry pop() {
        const entry top = heap_[0];
        const entry last = heap_.back();
        heap_.pop_back();
        const std::size_t size = heap_.size();
        if (size == 0) return top;
        std::size_t hole = 0;
        for (;;) {
            const std::size_t first = hole * 4 + 1;
            if (first >= size) break;
            std::size_t least = first;
            for (std::size_t c = first + 1; c < std::min(first + 4, size); ++c)
                if (heap_[c].deadline < heap_[least].deadline) least = c;
            if (last.deadline <= heap_[least].deadline) break;
            heap_[hole] = heap_[least];
            hole = least;
        }
        heap_[hole] = last;
        return top;
    }

    std::vector<entry> heap_;
    std::int64_t now_ = clock();
};

}  // namespace floor_of
