// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/branch.hpp>
#include <coil/runtime/coro/region.hpp>
#include <coil/runtime/coro/wait.hpp>

#include <atomic>
#include <concepts>
#include <coroutine>
#include <cstdint>
#include <type_traits>

namespace coil {

class choice;

/// Is a wait that loses nothing when it is not chosen: either it takes nothing before `await_resume`, or its source asks
/// `takes` before it hands anything over. It says so itself, by a member `selectable`, and nothing of it is left to be
/// undone once it has left its list. What has a member `give_back` is asked to undo what it got without being asked.
template <class A>
concept selectable_wait = attachable<A> && std::derived_from<A, wait> && requires { requires A::selectable; };

/// Is one alternative of a choice: a branch that does nothing but one wait.
class arm : public branch {
public:
    arm() noexcept = default;
    arm(const arm&) = delete;
    arm& operator=(const arm&) = delete;

    /// Wins or loses the choice for this arm; winning again is winning. Threads: any, while the wait is not over.
    bool take() noexcept;
    branch& chooser() const noexcept;

private:
    friend class choice;
    choice* of_ = nullptr;
    wait* what_ = nullptr;  // once it is suspended
};

/// Decides between several waits of one branch, of which exactly one counts. Each is an ordinary wait of an arm, so it is
/// stopped as any wait is, wherever its source lives; the branch goes on when all have ended, and none of them can have
/// been given anything but the one that counts.
/// Threads: arms end at the branch's home, on several threads at once if that is parallel.
class choice {
public:
    choice() noexcept = default;
    choice(const choice&) = delete;
    choice& operator=(const choice&) = delete;

    /// Makes the arms branches of `chooser`; nothing waits so far.
    void open(branch& chooser, arm* arms, std::uint32_t count) noexcept;
    /// Gives a wait its branch. From then on `await_ready` may be asked.
    template <selectable_wait W>
    static void attach(arm& a, W& w) noexcept {
        w.attach(a);
        w.set_owner(&a, node::one_of);
    }
    /// The arm's wait was ready at once: nothing else is asked.
    static void ready(arm& a) noexcept;

    /// Before the first `suspend`: `frame` is resumed when all is over.
    void begin(std::coroutine_handle<> frame) noexcept;
    template <selectable_wait W>
    void suspend(arm& a, W& w) noexcept {
        if (!begins(a, w)) return;
        // what does not suspend comes back as the frame it was given, and not by way of the resumer
        if (this_thread.transfers_left <= 0) this_thread.transfers_left = 1;
        if (w.await_suspend(frame_) != frame_ || ended_at_once(a)) return;
        // it got something at the moment at which another won, from a source that could not ask before
        if constexpr (requires { w.give_back(); }) w.give_back();
    }
    /// After the last. Returns false if all is over already.
    bool suspended() noexcept;

    /// Closes the matter; at home, once the frame runs again. Returns the arm that counts, or null if all were stopped.
    arm* close() noexcept;

    /// What a queue gave is the wait of an arm that has ended.
    static void resume_arm(node& n) noexcept;

private:
    friend class arm;
    bool begins(arm& a, wait& w) noexcept;
    bool ended_at_once(arm& a) noexcept;
    bool over(arm& a) noexcept;
    void end_others() noexcept;
    bool reach(std::uint8_t point) noexcept;
    bool leave(std::uint32_t how_many) noexcept;

    // taken_: the arm that counts; nobody so far. Won with one compare-and-swap, by sources on any thread.
    std::atomic<arm*> taken_{nullptr};
    // left_: arms that have not ended, and one for whoever registers them. reached_: which of the two points have been
    // come to; whoever comes second ends the other arms. Both are touched at home alone: plain, unless that is parallel.
    std::atomic<std::uint32_t> left_{0};
    std::atomic<std::uint8_t> reached_{0};
    static constexpr std::uint8_t registered = 1, decided = 2;
    bool parallel_ = false;
    region region_;
    branch* chooser_ = nullptr;
    arm* arms_ = nullptr;
    std::uint32_t count_ = 0;
    std::coroutine_handle<> frame_;
};

}  // namespace coil
