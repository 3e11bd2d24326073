// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/base/time.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <chrono>
#include <cstdint>
#include <string_view>
#include <utility>

namespace coil {

/// Is the suspension of a task that joins another one.
class join_wait : public wait {
public:
    join_wait(task_record& r, place where) noexcept;

    join_wait(join_wait&& other) noexcept : wait(std::move(other)), record_(other.record_), where_(other.where_) {}

    bool await_ready() {
        if (refused()) [[unlikely]]
            return true;
        if (record_->ended()) return true;
        check();
        return false;
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        const bool suspended = enter(h, [this] {
            note_neighbour();
            return register_here();
        });
        return suspended ? std::noop_coroutine() : h;
    }

protected:
    explicit join_wait(const wait_table& t, task_record& r, place where) noexcept
        : wait(t), record_(&r), where_(where) {}
    void check() const;
    // two threads joined at the same moment, and the other one came first
    void ended_or_misuse() const {
        if (!record_->ended()) [[unlikely]]
            misuse("another task joins this one at the moment", where_);
    }
    void note_neighbour() noexcept { next_door_ = record_->next_door_to(*owner()); }
    bool register_here() noexcept { return record_->set_joiner(*this, next_door_); }
    bool take_back() noexcept { return record_->clear_joiner(*this, next_door_); }
    static bool stop(wait& w) noexcept;
    static executor* where(const wait& w) noexcept;
    static void describe(const wait& w, std::string& text);
    static const wait_table table;

    task_record* record_;
    place where_;
    bool next_door_ = false;  // to the task that is joined: then no other thread may stop this wait
};

/// The same, for a while.
class timed_join : public join_wait {
public:
    timed_join(task_record& r, nanoseconds d, place where) noexcept;
    timed_join(timed_join&& other) noexcept : join_wait(std::move(other)), duration_(other.duration_) {}
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept;
    bool await_resume();

private:
    struct alarm : timer {
        explicit alarm(timed_join& w) noexcept : timer(&ring), owner(&w) {}
        static void ring(timer& t) noexcept;
        timed_join* owner;
    };
    nanoseconds duration_;
    executor* armed_on_ = nullptr;
    alarm alarm_{*this};
};

/// Stands for a spawned task. Move-only.
/// Completes: `co_await h` when the task has ended, with its value; the value is taken once.
/// Errors: the task's exception; `cancelled` if the task was stopped; `std::logic_error` if the result was taken
/// before or another task joins at the moment; `errc::resource_deadlock_would_occur` if a task joins itself.
/// Cancel: stopping the one that waits leaves the task alone.
/// Threads: any, one at a time. Lifetime: dropping it neither stops nor waits; an error that nobody took ends the run.
template <class T = void>
class [[nodiscard("the task runs on without its handle; write (void) to say so")]] join_handle {
public:
    explicit join_handle(task_record& r) noexcept : record_(&r) {}
    join_handle() noexcept = default;
    join_handle(join_handle&& other) noexcept : record_(std::exchange(other.record_, nullptr)) {}
    join_handle& operator=(join_handle&& other) noexcept {
        std::swap(record_, other.record_);
        return *this;
    }
    ~join_handle() {
        if (record_) record_->drop_handle();
    }

    /// The awaiter of `co_await h`; an rvalue handle lives in it.
    class awaiter : public join_wait {
    public:
        static constexpr bool selectable = true;  // the result is taken by `await_resume`
        awaiter(join_handle&& h, place where) noexcept : join_wait(*h.record_, where), kept_(std::move(h)) {}
        awaiter(task_record& r, place where) noexcept : join_wait(r, where) {}
        awaiter(awaiter&& other) noexcept : join_wait(std::move(other)), kept_(std::move(other.kept_)) {}
        T await_resume() {
            finish();
            ended_or_misuse();
            if (record_->taken()) misuse("the result of this task was taken before", where_);
            record_->mark_taken();
            return static_cast<promise<T>&>(record_->first()).take();
        }

    private:
        join_handle kept_;
    };
    awaiter into_awaiter(place where = place::current()) & { return awaiter(checked(where), where); }
    awaiter into_awaiter(place where = place::current()) && {
        checked(where);
        return awaiter(std::move(*this), where);
    }

    /// Waits until the task has ended, at most d. True if it has. Neither stops it nor takes its result.
    template <class Rep, class Period>
    [[nodiscard]] timed_join join_for(std::chrono::duration<Rep, Period> d, place where = place::current()) {
        return timed_join(checked(where), clamp_duration(d), where);
    }

    /// Stops the task; the reason is shown in dumps.
    void cancel(std::string_view reason = {}) noexcept {
        if (record_) record_->cancel(reason);
    }
    bool done() const noexcept { return !record_ || record_->ended(); }
    std::uint64_t id() const noexcept { return record_ ? record_->id() : 0; }
    std::string_view name() const noexcept { return record_ ? record_->name() : std::string_view(); }
    task_state state() const noexcept { return record_ ? record_->state() : task_state::done; }
    /// True unless it was moved from.
    explicit operator bool() const noexcept { return record_ != nullptr; }

private:
    task_record& checked(place where) const {
        if (!record_) misuse("this join handle was moved from", where);
        return *record_;
    }
    task_record* record_ = nullptr;
};

}  // namespace coil
