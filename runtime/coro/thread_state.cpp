// SPDX-License-Identifier: BSL-1.0
#include <coil/runtime/coro/thread_state.hpp>

#include <coil/runtime/base/contract.hpp>
#include <coil/runtime/coro/choice.hpp>
#include <coil/runtime/coro/executor.hpp>
#include <coil/runtime/coro/frame_memory.hpp>
#include <coil/runtime/coro/held_spins.hpp>
#include <coil/runtime/coro/probe.hpp>
#include <coil/runtime/coro/promise.hpp>
#include <coil/runtime/coro/time_limit.hpp>

#include <new>
#include <utility>

namespace coil {

namespace {

// Rounds of counted-out transfers after which somebody else gets a turn: 64 x 64 instant completions, some 30 us.
constexpr unsigned rounds_per_turn = 64;

// A coroutine that gave up its turn in the middle of a chain of instant completions.
struct deferred : job {
    deferred(std::coroutine_handle<> h, branch* b) noexcept : job(&go), chain(h), owner_branch(b) {}
    static void go(job& j) noexcept {
        auto& self = static_cast<deferred&>(j);
        const std::coroutine_handle<> h = self.chain;
        this_thread.current = self.owner_branch;
        free_frame(&self, sizeof(deferred));
        resume(h);
    }
    std::coroutine_handle<> chain;
    branch* owner_branch;
};

bool defer(std::coroutine_handle<> h) noexcept {
    executor* here = this_thread.here;
    if (!here || !here->wants_turn()) return false;
    try {
        here->post(*new (allocate_frame(sizeof(deferred))) deferred(h, this_thread.current));
        return true;
    } catch (const std::bad_alloc&) {
        return false;  // unfair for a while, but not wrong
    }
}

// A chain of transfers was counted out: goes on with it, round after round.
[[gnu::noinline]] void go_on(std::coroutine_handle<> h) noexcept {
    thread_state& t = this_thread;
    for (unsigned rounds = 1; h; ++rounds) {
        if (rounds % rounds_per_turn == 0) {
            // a chain that never suspends arms no timer: its time limits are looked at here
            if (t.current) time_limit::look_around(*t.current);
            if (defer(h)) return;
        }
        t.transfers_left = transfer_limit - 1;
        h.resume();
        h = std::exchange(t.handed_back, {});
    }
}

}  // namespace

std::coroutine_handle<> go_to_next() noexcept {
    thread_state& t = this_thread;
    if (!may_go_on(t)) return std::noop_coroutine();
    node* ahead = nullptr;
    if (t.ready) [[likely]] {
        ahead = t.ready->front();
        if (!ahead || ahead->tag() != node::plain) return std::noop_coroutine();
        t.ready->pop_front();
    } else {
        if (t.next) ahead = t.next->take();  // always a plain one
        if (!ahead) return std::noop_coroutine();
    }
    --t.turns;
    t.current = ahead->owner();
    return ahead->handle;
}

static inline void resume_at_once(std::coroutine_handle<> h) noexcept {
#ifndef NDEBUG
    const std::uint32_t held = held_spins;
#endif
    this_thread.transfers_left = transfer_limit - 1;
    h.resume();
    if (this_thread.handed_back) [[unlikely]]
        go_on(std::exchange(this_thread.handed_back, {}));
#ifndef NDEBUG
    if (held_spins != held) [[unlikely]]
        broken("a coil::spin_mutex is held over a co_await; unlock it before, or take a coil::mutex");
#endif
}

void resume_unseen(std::coroutine_handle<> h) noexcept {
    resume_at_once(h);
}

void resume(std::coroutine_handle<> h) noexcept {
    if (const probe* const p = present_probe.load(std::memory_order_acquire)) [[unlikely]]
        return p->resumption(h);
    resume_at_once(h);
}

void run_node(node& n) noexcept {
    if (n.tagged_branch & node::tags) [[unlikely]] {
        if (n.tag() == node::one_of) return choice::resume_arm(n);
        if (n.tag() == node::call) {
            this_thread.current = nullptr;
            return run_job(static_cast<job&>(n));
        }
        this_thread.current = &promise_base::of(n.handle).line();
        if (const std::coroutine_handle<> h = promise_base::first_step(n)) resume(h);
        return;
    }
    this_thread.current = n.owner();
    resume(n.handle);
}

}  // namespace coil
