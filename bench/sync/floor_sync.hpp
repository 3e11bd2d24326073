// SPDX-License-Identifier: BSL-1.0
// The least that could do it on one thread: counts and lists of frames without atomics, owners, stops or errors.
#pragma once

#include <coroutine>
#include <cstdint>

#include "../sched/floor_ready.hpp"

namespace floor_of {

/// Is a number of permits; of one, it is a mutex.
class permits {
public:
    explicit permits(std::uint64_t n) noexcept : free_(n) {}
    struct wait {
        permits& from;
        ready_node node{};
        bool await_ready() noexcept {
            if (from.free_ == 0) return false;
            --from.free_;
            return true;
        }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
            node.frame = h;
            from.line_.push(node);
            return ready.pop();
        }
        void await_resume() noexcept {}
    };
    wait acquire() noexcept { return {*this}; }
    void release() noexcept {
        if (ready_node* n = line_.take()) ready.push(*n);
        else ++free_;
    }

private:
    friend struct wait;
    class line {
    public:
        void push(ready_node& n) noexcept {
            n.next = nullptr;
            *last_ = &n;
            last_ = &n.next;
        }
        ready_node* take() noexcept {
            ready_node* n = first_;
            if (n == nullptr) return nullptr;
            first_ = n->next;
            if (first_ == nullptr) last_ = &first_;
            return n;
        }

    private:
        ready_node* first_ = nullptr;
        ready_node** last_ = &first_;
    };
    std::uint64_t free_;
    line line_;
};

}  // namespace floor_of
