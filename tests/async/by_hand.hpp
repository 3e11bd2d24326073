// SPDX-License-Identifier: BSL-1.0
// What a test needs to run tasks by hand: an executor that it drives, an owner for what it spawns, and the way a task ended.
#pragma once
#include <coil/runtime/async/join_handle.hpp>
#include <coil/runtime/async/kept_value.hpp>
#include <coil/runtime/async/spawn.hpp>
#include <coil/runtime/async/suppressed.hpp>
#include <coil/runtime/async/task_group.hpp>
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/coro/manual_executor.hpp>
#include <coil/runtime/coro/task.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace by_hand {

/// Owns what a test spawns, as a run would.
class crew final : public coil::task_group {
public:
    void unclaimed(std::exception_ptr error, coil::task_record&) noexcept override { unclaimed_errors.push_back(error); }
    coil::task_owner& keep() noexcept override { return *this; }
    void drop() noexcept override {}
    coil::task_owner& run() noexcept override { return *this; }
    std::vector<std::exception_ptr> unclaimed_errors;

private:
    coil::wait* task_ended(coil::task_record&) noexcept override { return nullptr; }
};

/// Is how a task ended, so far.
template <class T>
struct ran {
    std::optional<coil::kept_value<T>> value;
    std::exception_ptr error;
    bool stopped = false;
    std::atomic<bool> ended{false};  // the task may end on another thread; written last
    coil::join_handle<> handle;

    /// The text of the error, or what there is instead.
    std::string what() const {
        if (!error) return stopped ? "stopped" : ended ? "value" : "still running";
        try {
            std::rethrow_exception(error);
        } catch (const std::exception& e) {
            return e.what();
        } catch (...) {
            return "no std::exception";
        }
    }
    template <class E>
    bool failed_with() const {
        if (!error) return false;
        try {
            std::rethrow_exception(error);
        } catch (const E&) {
            return true;
        } catch (...) {
            return false;
        }
    }
};

template <class T>
coil::task<> record_end(coil::task<T> t, ran<T>& r) {
    try {
        if constexpr (std::is_void_v<T>) {
            co_await std::move(t);
            r.value.emplace();
        } else {
            r.value.emplace(co_await std::move(t));
        }
    } catch (const coil::cancelled&) {
        r.stopped = true;
        r.ended = true;
        throw;
    } catch (...) {
        r.error = std::current_exception();
    }
    r.ended = true;
}

/// An executor to drive, and tasks on it.
struct world {
    coil::manual_executor exec;
    crew owner;

    // a task that ends on another thread has told the test so before it tells its owner
    ~world() {
        while (owner.tasks() + owner.daemons() != 0) {
            exec.drain();
            std::this_thread::yield();
        }
    }

    /// Spawns; nothing runs before `exec` is driven.
    template <class T>
    std::unique_ptr<ran<T>> start(coil::task<T> t) {
        auto r = std::make_unique<ran<T>>();
        r->handle = coil::spawn_task(record_end(std::move(t), *r), {}, coil::place::current(), &exec, &owner);
        return r;
    }
    /// Spawns and runs until nothing is ready.
    template <class T>
    std::unique_ptr<ran<T>> run(coil::task<T> t) {
        auto r = start(std::move(t));
        exec.drain();
        return r;
    }
    /// Spawns a task that is stopped before its first step.
    template <class T>
    std::unique_ptr<ran<T>> run_stopped(coil::task<T> t) {
        auto r = start(std::move(t));
        r->handle.cancel();
        exec.drain();
        return r;
    }
};

/// Makes the running branch a stopped one: what is awaited next in it meets the stop before it begins.
inline coil::task<> stop_myself() {
    coil::this_thread.current->root->cancel("the test wants it so");
    co_return;
}

/// Notes that it was destroyed, to show which frames died.
class witness {
public:
    explicit witness(int& count) noexcept : count_(&count) {}
    witness(witness&& other) noexcept : count_(std::exchange(other.count_, nullptr)) {}
    ~witness() {
        if (count_) ++*count_;
    }

private:
    int* count_;
};

/// Collects suppressed errors while it lives.
class suppressed_errors {
public:
    suppressed_errors() { coil::set_suppressed_hook(&add); texts().clear(); }
    ~suppressed_errors() { coil::set_suppressed_hook(nullptr); }
    static std::vector<std::string>& texts() {
        static std::vector<std::string> all;
        return all;
    }

private:
    static void add(std::exception_ptr e, std::string_view, std::uint64_t) noexcept {
        try {
            std::rethrow_exception(e);
        } catch (const std::exception& x) {
            texts().push_back(x.what());
        } catch (...) {
            texts().push_back("no std::exception");
        }
    }
};

}  // namespace by_hand
