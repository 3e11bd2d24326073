// SPDX-License-Identifier: BSL-1.0
#include "modes/threads.hpp"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <numeric>
#include <thread>

namespace versus {
namespace {

// A place for one living thread. A thread that is done gives its place back, and is joined by whoever takes it next,
// so that no more than the allowed number of stacks exists.
class places {
public:
    explicit places(std::size_t count) : threads_(count), free_(count) {
        std::iota(free_.begin(), free_.end(), std::size_t{0});
    }

    // False, and nothing is started, once an item has failed.
    bool start(auto body) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return !free_.empty(); });
        if (failure_) return false;
        const std::size_t place = free_.back();
        free_.pop_back();
        lock.unlock();
        if (threads_[place].joinable()) threads_[place].join();
        threads_[place] = std::thread([this, place, body] {
            std::exception_ptr error;
            try {
                body();
            } catch (...) {
                error = std::current_exception();
            }
            const std::scoped_lock guard(mutex_);
            if (error && !failure_) failure_ = error;
            free_.push_back(place);
            changed_.notify_one();
        });
        return true;
    }

    void join_all() {
        for (std::thread& thread : threads_) {
            if (thread.joinable()) thread.join();
        }
    }

    void rethrow() const {
        if (failure_) std::rethrow_exception(failure_);
    }

private:
    std::vector<std::thread> threads_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<std::size_t> free_;
    std::exception_ptr failure_;
};

}  // namespace

mode_outcome run_threads(const workload& work, const work_spec&, std::size_t width) {
    mode_outcome outcome;
    outcome.results.resize(work.items());
    places all(std::min(width, work.items()));
    try {
        for (std::size_t item = 0; item < work.items(); ++item) {
            if (!all.start([&work, &outcome, item] { outcome.results[item] = work.run(item); })) break;
        }
    } catch (...) {
        all.join_all();
        throw;
    }
    all.join_all();
    all.rethrow();
    return outcome;
}

}  // namespace versus
