// SPDX-License-Identifier: BSL-1.0
// The least loop that drives coroutines over a ring, and tasks on it; the real one lies a layer above.
#pragma once
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/ring/io_home.hpp>
#include <coil/runtime/ring/operation.hpp>
#include <coil/runtime/ring/ring.hpp>

#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <thread>
#include <utility>

namespace ring_test {

// Counts tasks and keeps the first error that nobody took.
class crowd final : public coil::task_owner {
public:
    void failed(coil::task_record&, const std::exception_ptr&) noexcept override {}
    void ended(coil::task_record&) noexcept override { --running; }
    void unclaimed(std::exception_ptr e, coil::task_record&) noexcept override {
        const std::scoped_lock hold(lock);
        if (!error) error = std::move(e);
    }
    coil::task_owner& keep() noexcept override { return *this; }
    void drop() noexcept override {}
    coil::task_owner& run() noexcept override { return *this; }
    void add(coil::task_record&) override { ++running; }

    std::atomic<int> running{0};
    std::mutex lock;
    std::exception_ptr error;
};

// A task under way; stops it from any thread.
class running_task {
public:
    explicit running_task(coil::task_record& r) : record_(&r) {}
    running_task(running_task&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    ~running_task() {
        if (record_ != nullptr) record_->drop_handle();
    }
    void stop() { record_->cancel("the test says so"); }
    bool ended() const { return record_->ended(); }
    coil::task_state state() const { return record_->state(); }
    coil::task_record& record() { return *record_; }

private:
    coil::task_record* record_;
};

inline running_task start(coil::task<>&& t, coil::executor& home, crowd& all) {
    auto frame = t.release();
    coil::task_record* r = coil::task_record::make(frame.promise(), frame, home, &all, coil::place::current());
    all.add(*r);
    r->start();
    return running_task(*r);
}

class driver final : public coil::executor {
public:
    explicit driver(coil::ring::ring& r) : home_{*this, r} {}

    void post(coil::node& n) noexcept override {
        // all under the lock: whoever has collected the node may end the ring
        const std::scoped_lock hold(lock_);
        posted_.push_back(n);
        ++posts;
        home_.entries.wake();
    }
    void post(coil::node_list&& batch) noexcept override {
        const std::scoped_lock hold(lock_);
        posted_.append(std::move(batch));
        ++posts;
        home_.entries.wake();
    }
    void arm(coil::timer_ref) noexcept override { std::terminate(); }
    bool disarm(coil::timer_ref) noexcept override { std::terminate(); }
    coil::time_point now() noexcept override { return home_.entries.clock(); }
    bool wants_turn() noexcept override { return true; }

    // Drives on this thread until the condition holds.
    template <class Condition>
    void until(Condition&& done) {
        const driving mark(*this);
        while (!done()) {
            collect();
            while (coil::node* n = ready_.pop_front())
                coil::run_node(*n);
            if (done()) break;
            home_.entries.submit_and_wait(coil::never);
            coil::ring::deliver(home_.entries);
        }
    }
    // One visit to the ring without waiting, and what it makes ready.
    void turn() {
        const driving mark(*this);
        home_.entries.submit_and_wait(coil::time_point::min());
        coil::ring::deliver(home_.entries);
        collect();
        while (coil::node* n = ready_.pop_front())
            coil::run_node(*n);
    }
    coil::ring::io_home& io() { return home_; }

    std::atomic<int> posts{0};

private:
    struct driving {
        explicit driving(driver& d) {
            coil::this_thread.here = &d;
            coil::this_thread.ready = &d.ready_;
            coil::ring::this_io_home = &d.home_;
        }
        ~driving() {
            coil::this_thread.here = nullptr;
            coil::this_thread.ready = nullptr;
            coil::this_thread.current = nullptr;
            coil::ring::this_io_home = nullptr;
        }
    };
    void collect() {
        const std::scoped_lock hold(lock_);
        ready_.append(std::move(posted_));
    }

    coil::ring::io_home home_;
    coil::node_list ready_;
    std::mutex lock_;
    coil::node_list posted_;
};

// Runs one task to its end on this thread; throws what it threw.
inline void run(driver& d, coil::task<>&& t) {
    crowd all;
    {
        running_task r = start(std::move(t), d, all);
        d.until([&] { return all.running == 0; });
    }
    if (all.error) std::rethrow_exception(all.error);
}

}  // namespace ring_test
