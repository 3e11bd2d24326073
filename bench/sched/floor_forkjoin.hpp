// SPDX-License-Identifier: BSL-1.0
// The least fork-join of coroutines: a forked child's frame lies on its owner's deque, the parent runs another child
// and then pops. What comes back is the forked child unless a thief took it, so that neither fork nor join touches an
// atomic read-modify-write; only a stolen child pays one exchange. Exceptions travel; workers spin and never park.
#pragma once

#include <atomic>
#include <coroutine>
#include <cstdint>
#include <exception>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "../coro/frame_list.hpp"

namespace floor_of {

struct fork_node : recycled {
    std::coroutine_handle<> frame;
    std::coroutine_handle<> continuation;
    // 0 running, 1 the parent waits, 2 done. Touched only once the child was stolen.
    std::atomic<std::uint32_t> state{0};
    bool stolen = false;
};

/// A deque in two parts: thieves take from the shared one below `split_`, the owner's own part above it is plain memory.
class split_deque {
public:
    void push(fork_node& n) noexcept {
        slots_[index(bottom_)].store(&n, std::memory_order_relaxed);
        ++bottom_;
        // Shared part empty: offer one item more.
        if (top_.load(std::memory_order_relaxed) >= split_) [[unlikely]]
            shared_.store(++split_, std::memory_order_release);
    }

    fork_node* pop() noexcept {
        if (bottom_ > split_) [[likely]]
            return slots_[index(--bottom_)].load(std::memory_order_relaxed);
        return take_back();
    }

    fork_node* steal() noexcept {
        std::int64_t top = top_.load(std::memory_order_seq_cst);
        if (top >= shared_.load(std::memory_order_seq_cst)) return nullptr;
        fork_node* n = slots_[index(top)].load(std::memory_order_relaxed);
        return top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst, std::memory_order_relaxed)
                   ? n
                   : nullptr;
    }

private:
    static constexpr std::int64_t capacity = 1 << 14;
    static std::size_t index(std::int64_t i) { return static_cast<std::size_t>(i & (capacity - 1)); }

    // Withdraws the last shared item; the exchange is the fence that orders it before the look at the thieves' end.
    [[gnu::noinline]] fork_node* take_back() noexcept {
        const std::int64_t last = bottom_ - 1;
        shared_.exchange(last, std::memory_order_seq_cst);
        std::int64_t top = top_.load(std::memory_order_seq_cst);
        fork_node* n = slots_[index(last)].load(std::memory_order_relaxed);
        if (top < last) {
            bottom_ = split_ = last;
            return n;
        }
        if (top > last ||
            !top_.compare_exchange_strong(top, top + 1, std::memory_order_seq_cst, std::memory_order_relaxed))
            n = nullptr;
        shared_.store(bottom_, std::memory_order_release);
        split_ = bottom_;
        return n;
    }

    alignas(128) std::atomic<std::int64_t> top_{0};
    alignas(128) std::atomic<std::int64_t> shared_{0};
    alignas(128) std::int64_t bottom_ = 0;
    std::int64_t split_ = 0;
    std::unique_ptr<std::atomic<fork_node*>[]> slots_ =
        std::make_unique<std::atomic<fork_node*>[]>(static_cast<std::size_t>(capacity));
};

inline constinit thread_local split_deque* own_deque = nullptr;

template <class T>
class [[nodiscard]]
#ifdef __clang__
[[clang::coro_only_destroy_when_complete]]
#endif
fork_task {
public:
    struct promise_type : fork_node {
        T value{};
        std::exception_ptr error;

        struct final_awaiter {
            bool await_ready() noexcept { return false; }
            std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
                fork_node& n = h.promise();
                if (!n.stolen) [[likely]]
                    return n.continuation;
                if (n.state.exchange(2, std::memory_order_acq_rel) == 1) return n.continuation;
                return std::noop_coroutine();
            }
            void await_resume() noexcept {}
        };

        fork_task get_return_object() {
            auto h = std::coroutine_handle<promise_type>::from_promise(*this);
            this->frame = h;
            return fork_task(h);
        }
        std::suspend_always initial_suspend() noexcept { return {}; }
        final_awaiter final_suspend() noexcept { return {}; }
        void return_value(T v) { value = std::move(v); }
        void unhandled_exception() { error = std::current_exception(); }
        T take() {
            if (error) [[unlikely]]
                std::rethrow_exception(error);
            return std::move(value);
        }
    };

    fork_task() = default;
    fork_task(fork_task&& other) noexcept : frame_(std::exchange(other.frame_, nullptr)) {}
    fork_task& operator=(fork_task&& other) noexcept {
        std::swap(frame_, other.frame_);
        return *this;
    }
    ~fork_task() {
        if (frame_) frame_.destroy();
    }

    /// Offers the task to thieves; it must then be joined.
    void fork() noexcept {
        own_deque->push(frame_.promise());
    }

    struct call_awaiter {
        std::coroutine_handle<promise_type> child;
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
            child.promise().continuation = parent;
            return child;
        }
        T await_resume() { return child.promise().take(); }
    };
    call_awaiter operator co_await() && noexcept {
        return {frame_};
    }

    struct join_awaiter {
        std::coroutine_handle<promise_type> child;
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> parent) noexcept {
            promise_type& p = child.promise();
            p.continuation = parent;
            fork_node* popped = own_deque->pop();
            if (popped == &p) [[likely]]
                return child;
            if (popped != nullptr) own_deque->push(*popped);  // the parent came back on another worker
            return p.state.exchange(1, std::memory_order_acq_rel) == 2 ? parent : std::noop_coroutine();
        }
        T await_resume() { return child.promise().take(); }
    };
    join_awaiter join() noexcept {
        return {frame_};
    }

    std::coroutine_handle<promise_type> frame() const {
        return frame_;
    }

private:
    explicit fork_task(std::coroutine_handle<promise_type> h) : frame_(h) {}
    std::coroutine_handle<promise_type> frame_;
};

/// Workers that spin; the calling thread is the first of them.
class fork_pool {
public:
    explicit fork_pool(unsigned workers) : deques_(workers) {
        own_deque = &deques_[0];
        for (unsigned i = 1; i < workers; ++i)
            threads_.emplace_back([this, i] {
                own_deque = &deques_[i];
                while (!ended_.load(std::memory_order_relaxed))
                    step(i);
            });
    }
    ~fork_pool() {
        ended_.store(true, std::memory_order_relaxed);
        for (auto& t : threads_)
            t.join();
        own_deque = nullptr;
    }

    template <class T>
    T run(fork_task<T> task) {
        auto& p = task.frame().promise();
        p.stolen = true;
        p.continuation = std::noop_coroutine();
        p.frame.resume();
        while (p.state.load(std::memory_order_acquire) != 2)
            step(0);
        return p.take();
    }

private:
    void step(std::size_t self) {
        fork_node* n = deques_[self].pop();
        for (std::size_t i = 0; n == nullptr && i < deques_.size(); ++i)
            if (i != self) n = deques_[i].steal();
        if (n == nullptr) {
#if defined(__x86_64__)
            __builtin_ia32_pause();
#endif
            return;
        }
        n->stolen = true;
        n->frame.resume();
    }

    std::vector<split_deque> deques_;
    std::vector<std::thread> threads_;
    std::atomic<bool> ended_{false};
};

}  // namespace floor_of
