// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/node.hpp>

#include <atomic>

namespace coil {

/// Brings nodes from any thread to one: a stack that its owner empties at once and turns round.
/// Cost: one compare-and-swap per post, whatever its length.
class inbox {
public:
    // head_: null: empty, the owner is awake | &asleep_: empty, the owner sleeps or is about to | else the latest node

    /// Queues a chain (its `next` links in order, `last` its end). Returns true if the owner has to be woken: exactly
    /// one poster per sleep is told so.
    bool post(node& first, node& last) noexcept {
        // the stack holds the latest first: a chain is pushed in reverse
        node* reversed = &first;
        if (&first != &last) reversed = reverse(&first, &last);
        node& bottom = first;
        node* old = head_.load(std::memory_order_relaxed);
        do {
            bottom.next = old == sleeping() ? nullptr : old;
        } while (!head_.compare_exchange_weak(old, reversed, std::memory_order_release, std::memory_order_relaxed));
        return old == sleeping();
    }

    bool empty() const noexcept {
        const node* n = head_.load(std::memory_order_relaxed);
        return n == nullptr || n == sleeping();
    }

    /// Moves everything to the back of `to`, in the order of posting. Owner only.
    void collect(node_list& to) noexcept {
        if (head_.load(std::memory_order_relaxed) == nullptr) return;
        node* n = head_.exchange(nullptr, std::memory_order_acquire);  // pairs with the release in post
        if (n == sleeping()) return;
        node* in_order = nullptr;
        while (n) {
            node* next = n->next;
            n->next = in_order;
            in_order = n;
            n = next;
        }
        while (in_order) {
            node* next = in_order->next;
            to.push_back(*in_order);
            in_order = next;
        }
    }

    /// Announces that the owner is about to sleep; false if something is there. Owner only.
    bool announce_sleep() noexcept {
        node* none = nullptr;
        return head_.compare_exchange_strong(none, sleeping(), std::memory_order_seq_cst);
    }
    /// Takes the announcement back. Owner only.
    void awake() noexcept {
        node* s = sleeping();
        head_.compare_exchange_strong(s, nullptr, std::memory_order_relaxed);
    }
    /// Ends a sleep without posting anything; true if the owner has to be woken.
    bool rouse() noexcept {
        node* s = sleeping();
        return head_.compare_exchange_strong(s, nullptr, std::memory_order_acq_rel);
    }

private:
    static node* reverse(node* first, node* last) noexcept {
        node* done = nullptr;
        for (node* n = first;;) {
            node* next = n->next;
            n->next = done;
            done = n;
            if (n == last) return done;
            n = next;
        }
    }
    node* sleeping() const noexcept { return const_cast<node*>(&asleep_); }

    std::atomic<node*> head_{nullptr};
    node asleep_;
};

}  // namespace coil
