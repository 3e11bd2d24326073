// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <cstdint>

namespace coil {

/// Brings nodes from any thread to one: a stack that its owner empties at once and turns round.
/// Cost: one compare-and-swap per post, whatever its length.
class inbox {
public:
    // head_: awake: empty | roused: empty, and the owner looks round once more before it sleeps
    //        | asleep: empty, the owner sleeps or is about to | else the address of the latest node

    /// Queues a chain (its `next` links in order, `last` its end). Returns true if the owner has to be woken: exactly
    /// one poster per sleep is told so.
    bool post(node& first, node& last) noexcept {
        // the stack holds the latest first: a chain is pushed in reverse
        const word top = reinterpret_cast<word>(&first == &last ? &first : reverse(&first, &last));
        node& bottom = first;
        word old = head_.load(std::memory_order_relaxed);
        do {
            bottom.next = is_node(old) ? reinterpret_cast<node*>(old) : nullptr;
        } while (!head_.compare_exchange_weak(old, top, std::memory_order_release, std::memory_order_relaxed));
        return old == asleep;
    }

    bool empty() const noexcept { return !is_node(head_.load(std::memory_order_relaxed)); }

    /// Moves everything to the back of `to`, in the order of posting. Owner only.
    void collect(node_list& to) noexcept {
        if (head_.load(std::memory_order_relaxed) == awake) return;
        const word head = head_.exchange(awake, std::memory_order_acquire);  // pairs with the release in post
        if (!is_node(head)) return;
        node* in_order = nullptr;
        for (node* n = reinterpret_cast<node*>(head); n;) {
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

    /// Announces that the owner is about to sleep; false if something is there, or came by and roused it. Owner only.
    bool announce_sleep() noexcept {
        word none = awake;
        return head_.compare_exchange_strong(none, asleep, std::memory_order_seq_cst);
    }
    /// Takes the announcement back; false if somebody was told to wake the owner meanwhile. Owner only.
    bool withdraw() noexcept {
        word mine = asleep;
        return head_.compare_exchange_strong(mine, awake, std::memory_order_relaxed);
    }
    /// Keeps the owner from sleeping, or ends its sleep, without posting anything: it looks round once more. Returns
    /// true if it has to be woken. What was written before is seen by an owner that then collects.
    bool rouse() noexcept {
        word old = head_.load(std::memory_order_relaxed);
        for (;;) {
            // a node there does as well: the exchange orders our writes before the owner's next look
            const word now = is_node(old) ? old : roused;
            if (head_.compare_exchange_weak(old, now, std::memory_order_seq_cst)) return old == asleep;
        }
    }

private:
    using word = std::uintptr_t;
    static constexpr word awake = 0, roused = 1, asleep = 2;
    static bool is_node(word w) noexcept { return w > asleep; }

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

    std::atomic<word> head_{awake};
};

}  // namespace coil
