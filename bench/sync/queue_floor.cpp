// SPDX-License-Identifier: BSL-1.0
// Rows queue_*: the least queue that does it on one thread: a ring, one waiter for each side, no atomics, no limits of time.
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "../measure/row.hpp"
#include "../sched/floor_ready.hpp"
#include "queue_work.hpp"

namespace {

using floor_of::ready;
using floor_of::ready_node;

struct detached {
    struct promise_type {
        detached get_return_object() noexcept { return {std::coroutine_handle<promise_type>::from_promise(*this)}; }
        std::suspend_always initial_suspend() noexcept { return {}; }
        struct to_next {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
                h.destroy();
                return ready.pop();
            }
            void await_resume() noexcept {}
        };
        to_next final_suspend() noexcept { return {}; }
        void return_void() noexcept {}
        void unhandled_exception() noexcept {}
    };
    std::coroutine_handle<> handle;
};

// One producer and one consumer, each in the queue at most once.
class floor_queue {
public:
    explicit floor_queue(std::size_t limit) : slots_(limit), limit_(limit) {}

    struct put {
        floor_queue& q;
        std::uint64_t item;
        ready_node node{};
        bool await_ready() noexcept {
            if (q.size_ == q.limit_) return false;
            q.add(item);
            return true;
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            node.frame = h;
            q.putter_ = this;
            return ready.pop();
        }
        void await_resume() noexcept {}
    };
    struct get {
        floor_queue& q;
        std::uint64_t item = 0;
        ready_node node{};
        bool await_ready() noexcept {
            if (q.size_ == 0) return false;
            item = q.take();
            return true;
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            node.frame = h;
            q.getter_ = this;
            return ready.pop();
        }
        std::uint64_t await_resume() noexcept { return item; }
    };

private:
    void add(std::uint64_t item) noexcept {
        if (get* const g = getter_) {
            getter_ = nullptr;
            g->item = item;
            ready.push(g->node);
            return;
        }
        slots_[tail_] = item;
        tail_ = tail_ + 1 == limit_ ? 0 : tail_ + 1;
        ++size_;
    }
    std::uint64_t take() noexcept {
        const std::uint64_t item = slots_[head_];
        head_ = head_ + 1 == limit_ ? 0 : head_ + 1;
        --size_;
        if (put* const p = putter_) {
            putter_ = nullptr;
            slots_[tail_] = p->item;
            tail_ = tail_ + 1 == limit_ ? 0 : tail_ + 1;
            ++size_;
            ready.push(p->node);
        }
        return item;
    }
    std::vector<std::uint64_t> slots_;
    std::size_t limit_, head_ = 0, tail_ = 0, size_ = 0;
    put* putter_ = nullptr;
    get* getter_ = nullptr;
};

detached produce(floor_queue& q, std::uint64_t n, std::uint64_t burst) {
    for (std::uint64_t i = 0; i < n; ++i) {
        co_await floor_queue::put{q, i};
        if (burst != 0 && i % burst == burst - 1) co_await floor_of::yield();
    }
}

detached consume(floor_queue& q, std::uint64_t n, std::uint64_t& sum) {
    for (std::uint64_t i = 0; i < n; ++i)
        sum += co_await floor_queue::get{q};
}

measure::result run(std::uint64_t n, std::size_t limit, std::uint64_t burst) {
    floor_queue q(limit);
    std::uint64_t sum = 0;
    ready_node first, second;
    first.frame = produce(q, n, burst).handle;
    second.frame = consume(q, n, sum).handle;
    ready.push(first);
    ready.push(second);
    const measure::window w;
    ready.pop().resume();
    const measure::result r = w.stop(static_cast<double>(n));
    measure::keep(sum);
    return r;
}

const measure::enrol all[] = {
    {"queue_open/floor", queue_work::one_loop,
     [](std::uint64_t n) { return run(n, 4 * queue_work::burst, queue_work::burst); }},
    {"queue_1/floor", queue_work::one_loop, [](std::uint64_t n) { return run(n, 1, 0); }},
    {"queue_1024/floor", queue_work::one_loop, [](std::uint64_t n) { return run(n, queue_work::large, 0); }},
};

}  // namespace
