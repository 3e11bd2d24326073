// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <atomic>
#include <coroutine>
#include <cstdint>

namespace coil {

class branch;

/// Is what can be queued: a suspended coroutine and the branch that it runs for. It lies in the awaiter, so in the
/// coroutine's own frame: waiting allocates nothing. A node is in one queue at a time.
struct node {
    // The two low bits of `tagged_branch` say what has to happen before the handle may be resumed.
    static constexpr std::uintptr_t plain = 0;  // resume it
    static constexpr std::uintptr_t first = 1;  // first step of a task or forked child, whose promise knows the branch
    static constexpr std::uintptr_t call = 2;   // no coroutine: a `job`
    static constexpr std::uintptr_t one_of = 3; // one alternative of a `choice`, which goes on when all have ended
    static constexpr std::uintptr_t tags = 3;

    struct unset {};  // for whoever fills it at once: a fork counts every store
    node() noexcept : next(nullptr), handle(nullptr), tagged_branch(0) {}
    explicit node(unset) noexcept {}

    node* next;
    union {  // so that `unset` leaves it alone
        std::coroutine_handle<> handle;
    };
    std::uintptr_t tagged_branch;

    std::uintptr_t tag() const noexcept { return tagged_branch & tags; }
    /// Not of a `first` one.
    branch* owner() const noexcept { return reinterpret_cast<branch*>(tagged_branch & ~tags); }
    /// Says to the compiler what a branch's address is, so that it asks no further.
    static branch* untagged(branch& b) noexcept {
        const auto address = reinterpret_cast<std::uintptr_t>(&b);
        if ((address & tags) != 0 || address <= tags) __builtin_unreachable();
        return &b;
    }
    void set_owner(branch* b, std::uintptr_t tag = plain) noexcept {
        tagged_branch = reinterpret_cast<std::uintptr_t>(b) | tag;
    }
};

/// Is a node that runs a function on its executor instead of resuming a coroutine. The function may free the job.
struct job : node {
    using function = void (*)(job&) noexcept;
    explicit job(function f) noexcept : run(f) { tagged_branch = call; }
    function run;
};

/// Is a first-in, first-out chain of nodes. Moving it is three words; it owns nothing.
class node_list {
public:
    node_list() noexcept = default;
    node_list(node_list&& other) noexcept : head_(other.head_), tail_(other.tail_) { other.clear(); }
    node_list& operator=(node_list&& other) noexcept {
        head_ = other.head_;
        tail_ = other.tail_;
        other.clear();
        return *this;
    }

    bool empty() const noexcept { return head_ == nullptr; }
    node* front() const noexcept { return head_; }
    node* back() const noexcept { return tail_; }
    void push_back(node& n) noexcept {
        n.next = nullptr;
        if (head_) tail_->next = &n;
        else head_ = &n;
        tail_ = &n;
    }
    void push_front(node& n) noexcept {
        n.next = head_;
        if (!head_) tail_ = &n;
        head_ = &n;
    }
    node* pop_front() noexcept {
        node* n = head_;
        if (n) head_ = n->next;
        return n;
    }
    /// Takes the first one out and puts `n` at the back. There is a first one.
    void rotate(node& n) noexcept {
        n.next = nullptr;
        tail_->next = &n;
        head_ = head_->next;
        // two stores, not one of a vector: what comes next loads them one by one, and would wait for that
        std::atomic_signal_fence(std::memory_order_release);
        tail_ = &n;
    }
    /// Reverses the order.
    void turn_round() noexcept { *this = from_stack(head_); }
    /// Makes a list out of a chain that begins with its latest node.
    static node_list from_stack(node* latest) noexcept {
        node_list list;
        list.tail_ = latest;
        while (latest) {
            node* const before = latest->next;
            latest->next = list.head_;
            list.head_ = latest;
            latest = before;
        }
        return list;
    }
    void append(node_list&& other) noexcept {
        if (other.empty()) return;
        if (head_) tail_->next = other.head_;
        else head_ = other.head_;
        tail_ = other.tail_;
        other.clear();
    }
    void clear() noexcept { head_ = tail_ = nullptr; }

private:
    node* head_ = nullptr;
    node* tail_ = nullptr;  // meaningless while the list is empty
};

}  // namespace coil
