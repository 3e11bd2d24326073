// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/atomic_word.hpp>
#include <coil/runtime/coro/node.hpp>

#include <atomic>
#include <cstdint>

namespace coil {

/// Brings nodes from any thread to one: a stack that its owner empties at once and turns round.
/// Cost: one compare-and-swap per post, whatever its length.
class inbox {
public:
    // head_: awake: empty | roused: empty, and the owner looks round once more before it sleeps
    //        | asleep: empty, the owner sleeps or is about to | dozing: the same, but it comes back soon by itself
    //        | else the address of the latest node, and `late` if the owner dozes and all posters so far put it off to
    //        wake it

    /// What a poster has to do: nothing; wake the owner now, exactly one poster per sleep; or wake it later, if it still
    /// dozes then: at most one per sleep.
    enum class duty : std::uint8_t { none, wake_later, wake };

    /// Queues a chain (its `next` links in order, `last` its end). `may_be_late`: whoever posts would rather wake a dozing
    /// owner later.
    duty post(node& first, node& last, bool may_be_late = false) noexcept {
        // acquire: whoever has to wake the owner reads how it sleeps
        // the stack holds the latest first: a chain is pushed in reverse
        const word top = reinterpret_cast<word>(&first == &last ? &first : reverse(&first, &last));
        node& bottom = first;
        word old = head_.load(std::memory_order_relaxed);
        word mark = 0;
        do {
            bottom.next = is_node(old) ? to_node(old) : nullptr;
            mark = may_be_late && (old == dozing || is_late(old)) ? late : 0;
        } while (!head_.compare_exchange_weak(old, top | mark, std::memory_order_acq_rel, std::memory_order_relaxed));
        if (mark != 0) return old == dozing ? duty::wake_later : duty::none;
        return sleeps(old) ? duty::wake : duty::none;
    }

    bool empty() const noexcept { return !is_node(head_.load(std::memory_order_relaxed)); }

    /// Moves everything to the back of `to`, in the order of posting. Owner only.
    void collect(node_list& to) noexcept {
        if (head_.load(std::memory_order_relaxed) == awake) return;
        const word head = head_.exchange(awake, std::memory_order_acquire);  // pairs with the release in post
        if (is_node(head)) to.append(node_list::from_stack(to_node(head)));
    }

    /// Announces that the owner is about to sleep, or only to doze; false if something is there, or came by and roused it.
    /// Owner only.
    bool announce_sleep(bool only_doze = false) noexcept {
        word none = awake;
        return head_.compare_exchange_strong(none, only_doze ? dozing : asleep, std::memory_order_seq_cst);
    }
    /// True if an announced sleep (no doze) stands, and nobody has come by: there is nothing to collect. Owner only.
    bool announced() const noexcept { return head_.load(std::memory_order_relaxed) == asleep; }
    /// Takes the announcement back; false if somebody was told to wake the owner meanwhile. Owner only.
    bool withdraw() noexcept {
        word mine = head_.load(std::memory_order_relaxed);
        while (sleeps(mine)) {
            const word up = is_late(mine) ? mine & ~late : awake;
            if (head_.compare_exchange_weak(mine, up, std::memory_order_relaxed)) return true;
        }
        return false;
    }
    /// Keeps the owner from sleeping, or ends its sleep, without posting anything: it looks round once more. Returns
    /// true if it has to be woken. What was written before is seen by an owner that then collects.
    bool rouse() noexcept {
        word old = head_.load(std::memory_order_relaxed);
        for (;;) {
            // a node there does as well: the exchange orders our writes before the owner's next look
            const word now = is_node(old) ? old & ~late : roused;
            if (head_.compare_exchange_weak(old, now, std::memory_order_seq_cst)) return sleeps(old);
        }
    }

private:
    using word = std::uintptr_t;
    static constexpr word awake = 0, roused = 1, asleep = 2, dozing = 3;
    static constexpr word late = 1;  // in the address of a node
    static_assert(alignof(node) > late);
    static bool is_node(word w) noexcept { return w > dozing; }
    static bool is_late(word w) noexcept { return is_node(w) && (w & late) != 0; }
    static bool sleeps(word w) noexcept { return w == asleep || w == dozing || is_late(w); }
    static node* to_node(word w) noexcept { return reinterpret_cast<node*>(w & ~late); }

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

    atomic_word<word> head_{awake};
};

}  // namespace coil
