// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/task.hpp>
#include <coil/sync/guard.hpp>
#include <coil/sync/owned_lock.hpp>

#include <array>
#include <cstddef>
#include <tuple>

namespace coil {

/// Is one lock of several kinds, for `lock_all`.
struct lock_step {
    owned_lock* lock;
    bool recursive;
    bool (*begin)(owned_lock&, holder_id, place);  // takes it, or throws if it never could
    void (*acquired)(owned_lock&, place);
    void (*release)(owned_lock&);
    /// Takes it if somebody owns it who has not come to use it, and wants others too.
    bool take_away(holder_id who) const noexcept { return lock->take_away(who); }

    template <class Lock>
    static lock_step of(Lock& l) noexcept {
        return {&l, Lock::is_recursive,
                [](owned_lock& o, holder_id who, place where) { return static_cast<Lock&>(o).begin(who, where); },
                [](owned_lock& o, place where) { static_cast<Lock&>(o).acquired(where); },
                [](owned_lock& o) { static_cast<Lock&>(o).release(); }};
    }
};
/// Locks all of them.
task<> lock_steps(const lock_step* steps, std::size_t count, place where);

/// Is what `lock_all` returns; `co_await` it.
template <class... Lock>
class [[nodiscard("co_await it, and keep the guards")]] lock_all_request {
public:
    explicit lock_all_request(Lock&... locks) noexcept : locks_(&locks...) {}
    auto into_awaiter(place where = place::current()) const {
        using result = std::tuple<lock_guard<Lock>...>;
        return task_await<result>(run(locks_, where), where);
    }

private:
    static task<std::tuple<lock_guard<Lock>...>> run(std::tuple<Lock*...> locks, place where) {
        const auto steps = std::apply([](Lock*... l) { return std::array{lock_step::of(*l)...}; }, locks);
        co_await lock_steps(steps.data(), steps.size(), where);
        co_return std::apply(
            [](Lock*... l) { return std::tuple<lock_guard<Lock>...>(lock_guard<Lock>(*l)...); }, locks);
    }
    std::tuple<Lock*...> locks_;
};

/// Locks several mutexes, in whatever order they are named and whoever else locks them: `auto gs = co_await lock_all(a,
/// b)`.
/// Completes: when all are held, with a tuple of their guards. While it waits for one it holds none, so no circle of
/// waits goes through it; and of several that want the same, one always comes to them. Errors: as each `lock`; `errc::resource_deadlock_would_occur` if a plain mutex is named
/// twice.
/// Cancel: nothing is held. Threads: any. Cost: two recycled frames.
template <class... Lock>
    requires(sizeof...(Lock) > 0)
[[nodiscard("co_await it, and keep the guards")]] lock_all_request<Lock...> lock_all(Lock&... locks) noexcept {
    return lock_all_request<Lock...>(locks...);
}

}  // namespace coil
