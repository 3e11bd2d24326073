// SPDX-License-Identifier: BSL-1.0
// Two things at the same moment, over and over, without a thread made for each.
#pragma once
#include <coil/runtime/base/spin_lock.hpp>

#include <atomic>
#include <functional>
#include <thread>

/// Is a second thread that does something at the moment when this one does something else.
class partner {
public:
    partner() : thread_([this] { work(); }) {}
    ~partner() {
        theirs_ = nullptr;
        round_.fetch_add(1, std::memory_order_release);
        thread_.join();
    }
    /// Calls `theirs` on the other thread and `mine` on this one, as close to each other as can be; returns after both.
    template <class F, class G>
    void together(F&& theirs, G&& mine) {
        theirs_ = std::forward<F>(theirs);
        arrived_.store(0, std::memory_order_relaxed);
        round_.fetch_add(1, std::memory_order_release);
        meet();
        mine();
        until([&] { return done_.load(std::memory_order_acquire) == round_.load(std::memory_order_relaxed); });
    }
    /// A few moments, different each round, so that all interleavings come up.
    static void linger(unsigned round) {
        for (unsigned i = (round * 7919) % 64; i != 0; --i) coil::relax();
    }

private:
    template <class Done>
    static void until(Done done) {
        for (int spin = 0; !done(); ++spin) {
            if (spin < 200) coil::relax();
            else std::this_thread::yield();
        }
    }
    void meet() {
        arrived_.fetch_add(1, std::memory_order_acq_rel);
        until([&] { return arrived_.load(std::memory_order_acquire) == 2; });
    }
    void work() {
        for (unsigned seen = 0;; ++seen) {
            until([&] { return round_.load(std::memory_order_acquire) != seen; });
            if (!theirs_) return;
            meet();
            theirs_();
            done_.store(seen + 1, std::memory_order_release);
        }
    }
    std::function<void()> theirs_;
    std::atomic<unsigned> round_{0}, done_{0};
    std::atomic<int> arrived_{0};
    std::thread thread_;
};
