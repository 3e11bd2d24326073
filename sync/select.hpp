// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/runtime/base/errors.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/await.hpp>
#include <coil/runtime/coro/choice.hpp>
#include <coil/runtime/coro/task_record.hpp>
#include <coil/runtime/coro/thread_state.hpp>

#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>

namespace coil {

/// Tells whether A may stand in a `select`.
template <class A>
inline constexpr bool may_be_selected = false;
template <attachable A>
inline constexpr bool may_be_selected<A> = selectable_wait<A>;
template <class A>
    requires(!attachable<std::remove_cvref_t<A>> && yields_awaiter<A>)
inline constexpr bool may_be_selected<A> =
    selectable_wait<decltype(std::declval<A>().into_awaiter(std::declval<place>()))>;
template <class A>
    requires attachable<A>
inline constexpr bool may_be_selected<A&> = selectable_wait<A>;

/// What an alternative's value is in the variant.
template <class T>
struct selected_value {
    using type = T;
};
template <>
struct selected_value<void> {
    using type = std::monostate;
};
template <class T>
struct selected_value<T&> {
    using type = std::reference_wrapper<T>;
};

/// Is the awaiter of `select`: one wait for each alternative, named ones by reference.
template <class... W>
class [[nodiscard("co_await it")]] select_await {
    static constexpr std::size_t size = sizeof...(W);
    template <std::size_t I>
    using result_of = decltype(std::declval<std::tuple_element_t<I, std::tuple<W...>>&>().await_resume());

public:
    using outcome = std::variant<
        typename selected_value<decltype(std::declval<std::remove_reference_t<W>&>().await_resume())>::type...>;

    explicit select_await(W&&... waits) : waits_(std::forward<W>(waits)...) {}
    select_await(select_await&& other) : waits_(std::move(other.waits_)), chooser_(other.chooser_) {}

    void attach(branch& b) noexcept { chooser_ = &b; }
    bool await_ready() {
        const bool some_stop = chooser_->root->stopping.load(std::memory_order_relaxed) != 0;
        stopped_ = some_stop && region::reaches(chooser_->innermost);
        if (stopped_) [[unlikely]]
            return true;
        choice_.open(*chooser_, arms_, size);
        return each([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            auto& w = std::get<I>(waits_);
            choice::attach(arms_[I], w);
            if (!w.await_ready()) return false;
            choice::ready(arms_[I]);
            return true;
        });
    }
    std::coroutine_handle<> await_suspend(std::coroutine_handle<> h) noexcept {
        choice_.begin(h);
        each([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            choice_.suspend(arms_[I], std::get<I>(waits_));
            return false;
        });
        return choice_.suspended() ? std::noop_coroutine() : transfer(h);
    }
    outcome await_resume() {
        if (stopped_) [[unlikely]]
            throw cancelled();
        const arm* const winner = choice_.close();
        if (!winner) throw cancelled();
        std::optional<outcome> value;
        each([&]<std::size_t I>(std::integral_constant<std::size_t, I>) {
            if (winner != &arms_[I]) return false;
            if constexpr (std::is_void_v<result_of<I>>) {
                std::get<I>(waits_).await_resume();
                value.emplace(std::in_place_index<I>);
            } else {
                value.emplace(std::in_place_index<I>, std::get<I>(waits_).await_resume());
            }
            return true;
        });
        return *std::move(value);
    }

private:
    // Calls f for one alternative after the other until it returns true.
    template <class F>
    bool each(F&& f) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return (f(std::integral_constant<std::size_t, I>()) || ...);
        }(std::make_index_sequence<size>());
    }

    std::tuple<W...> waits_;
    choice choice_;
    arm arms_[size];
    branch* chooser_ = nullptr;
    bool stopped_ = false;
};

/// Is what `select` returns; the waits begin where it is awaited.
template <class... A>
class [[nodiscard("co_await it")]] select_request {
public:
    explicit select_request(A&&... alternatives) : alternatives_(std::forward<A>(alternatives)...) {}
    select_request(select_request&&) = default;

    auto into_awaiter(place where) {
        return [&]<std::size_t... I>(std::index_sequence<I...>) {
            return make(as_wait<A>(std::get<I>(alternatives_), where)...);
        }(std::index_sequence_for<A...>());
    }

private:
    // A named wait stays where it is; everything else is kept by value.
    template <class T>
    static decltype(auto) as_wait(std::remove_reference_t<T>& a, place where) {
        if constexpr (!attachable<std::remove_cvref_t<T>>) return std::forward<T>(a).into_awaiter(where);
        else return std::forward<T>(a);
    }
    template <class... W>
    static select_await<W...> make(W&&... waits) {
        return select_await<W...>(std::forward<W>(waits)...);
    }
    std::tuple<A...> alternatives_;
};

/// Waits for several things at once and takes exactly one: of the others none has been given, or has lost, anything.
/// Shape: waits at objects of `sync` (but for those with a deadline of their own: `sleep_for` is one more alternative),
/// join handles, `sleep_for` and `sleep_until`, `readable(fd)`, `s.readable()`, `l.acceptable()`. What takes from the
/// kernel, and what would go on after it lost, does not compile.
/// Completes: with a variant whose index says which it was; void is `std::monostate`, a reference
/// `std::reference_wrapper`. Of several that are ready at once the first in the list is taken: put first what must not
/// wait behind a busy one.
/// Errors: those of the one that was taken. Cancel: nothing has been taken; what had been when the stop came is
/// returned.
/// Threads: any. Lifetime: the objects outlive it; named waits and handles are referred to.
/// Cost: no allocation; a small branch for each alternative, and two atomic operations more where they are contended.
template <class... A>
[[nodiscard("co_await it")]] auto select(A&&... alternatives) {
    static_assert(sizeof...(A) > 0, "coil: select chooses between one thing at least");
    static_assert((may_be_selected<A> && ...),
                  "coil: select takes waits that lose nothing when they are not taken: of queues, locks, events and "
                  "the like, join handles, sleep_for, readable(fd), s.readable(), l.acceptable(). This one consumes "
                  "from the kernel or cannot be given up in this way: wait for readiness here and do it afterwards, "
                  "or use when_any");
    return select_request<A...>(std::forward<A>(alternatives)...);
}

}  // namespace coil
