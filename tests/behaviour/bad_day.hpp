// SPDX-License-Identifier: BSL-1.0
// What the programs of bad days share: how much they do, a verdict that tells what was wrong, and an end to a hang.
#pragma once
#include "full_size.hpp"

#include <unistd.h>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <thread>

namespace bad_day {

// Whether the program was started with the argument `full`: by hand, for the sizes of real life.
inline bool is_full(int argc, char** argv) {
    return argc > 1 && std::strcmp(argv[argc - 1], "full") == 0;
}

inline std::atomic<int> failures{0};
inline std::atomic<long> progress{0};

inline void expect(bool truth, const std::string& what) {
    ++progress;
    if (truth) return;
    ++failures;
    std::printf("WRONG: %s\n", what.c_str());
}

template <class A, class B>
void expect_equal(const A& is, const B& wanted, const std::string& what) {
    expect(is == wanted, what + ": " + std::to_string(is) + ", not " + std::to_string(wanted));
}

inline int verdict() {
    return failures == 0 ? 0 : 1;
}

// Ends the process when nothing has moved for a minute: a hang is to be a failure with a name, and nothing else is timed.
class watchdog {
public:
    watchdog() : thread_([this] { watch(); }) {}
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;
    ~watchdog() {
        {
            const std::scoped_lock guard(lock_);
            over_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

private:
    void watch() {
        std::unique_lock guard(lock_);
        for (long seen = -1; !over_; changed_.wait_for(guard, std::chrono::minutes(1))) {
            const long now = progress;
            if (now == seen) {
                std::fprintf(stderr, "HANGS: nothing has moved for a minute, after %ld steps\n", now);
                std::_Exit(3);
            }
            seen = now;
        }
    }
    std::mutex lock_;
    std::condition_variable changed_;
    bool over_ = false;
    std::thread thread_;
};

}  // namespace bad_day
