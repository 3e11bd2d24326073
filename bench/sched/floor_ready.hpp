// SPDX-License-Identifier: BSL-1.0
// The least loop: one list of ready coroutines, first in first out, whose nodes lie in the coroutines' own frames.
#pragma once

#include <coroutine>

namespace floor_of {

struct ready_node {
    ready_node* next = nullptr;
    std::coroutine_handle<> frame;
};

class ready_list {
public:
    void push(ready_node& n) noexcept {
        n.next = nullptr;
        *last_ = &n;
        last_ = &n.next;
    }
    std::coroutine_handle<> pop() noexcept {
        ready_node* n = first_;
        if (n == nullptr) return std::noop_coroutine();
        first_ = n->next;
        if (first_ == nullptr) last_ = &first_;
        return n->frame;
    }
    bool empty() const noexcept { return first_ == nullptr; }

private:
    ready_node* first_ = nullptr;
    ready_node** last_ = &first_;
};
inline constinit ready_list ready{};

/// Goes to the back of the list and passes control to its front.
struct yield {
    ready_node node{};
    bool await_ready() noexcept { return false; }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        node.frame = h;
        ready.push(node);
        return ready.pop();
    }
    void await_resume() noexcept {}
};

}  // namespace floor_of
