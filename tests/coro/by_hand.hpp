// SPDX-License-Identifier: BSL-1.0
// Spawning by hand: a record, an owner that notes what it is told, and a task run to its end on a manual executor.
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/runtime/coro/task_record.hpp>

#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

/// Every suspension of a task, the youngest first.
inline std::vector<coil::wait*> waits_of(coil::task_record& r) {
    std::vector<coil::wait*> all;
    r.each_wait([](coil::wait& w, void* to) { static_cast<std::vector<coil::wait*>*>(to)->push_back(&w); }, &all);
    return all;
}

/// Notes what an owner is told. Threads: any.
class noting_owner final : public coil::task_owner {
public:
    void failed(coil::task_record&, const std::exception_ptr& error) noexcept override {
        std::scoped_lock guard(lock_);
        ended_with_ = error;
    }
    void ended(coil::task_record& r) noexcept override {
        {
            std::scoped_lock guard(lock_);
            last_state_ = r.state();
        }
        ended_count.fetch_add(1);
    }
    void unclaimed(std::exception_ptr error, coil::task_record&) noexcept override {
        {
            std::scoped_lock guard(lock_);
            unclaimed_ = std::move(error);
        }
        unclaimed_count.fetch_add(1);
    }
    coil::task_owner& keep() noexcept override {
        kept.fetch_add(1);
        return *this;
    }
    void drop() noexcept override { dropped.fetch_add(1); }
    coil::task_owner& run() noexcept override { return *this; }
    void add(coil::task_record&) override {}

    coil::task_state last_state() const {
        std::scoped_lock guard(lock_);
        return last_state_;
    }
    std::exception_ptr ended_with() const {
        std::scoped_lock guard(lock_);
        return ended_with_;
    }
    std::exception_ptr unclaimed_error() const {
        std::scoped_lock guard(lock_);
        return unclaimed_;
    }

    std::atomic<int> ended_count{0}, unclaimed_count{0}, kept{0}, dropped{0};

private:
    mutable std::mutex lock_;
    coil::task_state last_state_ = coil::task_state::created;
    std::exception_ptr ended_with_, unclaimed_;
};

/// Is a handle to a task that was spawned by hand.
template <class T>
class spawned {
public:
    spawned(coil::executor& home, coil::task_owner& owner, coil::task<T> t,
            coil::place where = coil::place::current()) {
        auto h = t.release();
        record_ = coil::task_record::make(h.promise(), h, home, &owner, where);
    }
    spawned(spawned&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    spawned& operator=(spawned&&) = delete;
    ~spawned() { drop(); }

    coil::task_record* operator->() const noexcept { return record_; }
    coil::task_record& operator*() const noexcept { return *record_; }
    void start() { record_->start(); }
    /// The result of a task that has ended.
    T take() {
        if (!record_->ended()) throw std::logic_error("the task has not ended");
        record_->mark_taken();
        return static_cast<coil::promise<T>&>(record_->first()).take();
    }
    void drop() noexcept {
        if (coil::task_record* r = std::exchange(record_, nullptr)) r->drop_handle();
    }

private:
    coil::task_record* record_;
};
template <class T>
spawned(coil::executor&, coil::task_owner&, coil::task<T>) -> spawned<T>;

/// Runs a task on an executor until nothing is ready, and returns its result.
template <class T>
T run_by_hand(coil::manual_executor& home, coil::task<T> t) {
    noting_owner owner;
    spawned<T> h(home, owner, std::move(t));
    h.start();
    home.drain();
    return h.take();
}
template <class T>
T run_by_hand(coil::task<T> t) {
    coil::manual_executor home;
    return run_by_hand(home, std::move(t));
}
