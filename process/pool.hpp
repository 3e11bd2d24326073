// SPDX-License-Identifier: BSL-1.0
#pragma once
#include <coil/process/batch.hpp>
#include <coil/process/codec.hpp>
#include <coil/process/function.hpp>
#include <coil/process/pool_calls.hpp>
#include <coil/process/pool_options.hpp>
#include <coil/runtime/base/count.hpp>
#include <coil/runtime/base/place.hpp>
#include <coil/runtime/coro/async_generator.hpp>
#include <coil/runtime/coro/task.hpp>

#include <cstddef>
#include <memory>
#include <ranges>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace coil::process {

/// Is a number of worker processes that make calls for whoever awaits them: `process::pool pool{4}`,
/// `co_await pool.map<&is_prime>(numbers)`. A worker is this program, started again (see `init`); functions are named by a
/// template argument and found there by that, arguments and results travel by `codec`. A function may be a plain one, a
/// closure without captures, or one that returns a `task`, which the worker then runs.
/// Shape: a worker makes one call at a time; work that nobody has begun goes to whoever is free. More workers than the
/// machine can run at once is told to the log hook.
/// Errors: what a function throws is thrown here, as a type of the standard library with its text if it was one, else as
/// `remote_error`; each has `remote_cause` for a base. A worker that dies costs the call that it was at, which throws
/// `worker_died` and is not made again; the worker is replaced, and calls that it had not begun are made by others.
/// `std::logic_error` if `init` was not called, and after `close`, then with the line of the call; the initialiser's
/// exception from every call if it throws; `std::invalid_argument` for no workers, or fewer, with the line that asked for them.
/// Cancel: what no worker has begun is not begun; a worker that is at a call has `stop_grace` to end it and is then ended
/// itself, and replaced. The await ends when no worker is at it any more.
/// Threads: any; calls may be awaited on several loops and pools at once.
/// Lifetime: destroying it is `shut_down`: calls in flight throw. Workers end with this process, however it ends.
/// Cost: a few hundred nanoseconds a call by shared memory, no system call while both sides are awake.
class pool {
public:
    explicit pool(count workers = {}, pool_options options = {}, place where = place::current());
    pool(pool&&) noexcept = default;
    pool& operator=(pool&& other) noexcept;
    ~pool();

    /// Calls F once, in some worker. Shape: arguments are converted to F's parameters here; what is shared between processes
    /// (an array, a queue) may be named, and stays the caller's as well. Completes: with F's result.
    template <auto F, class... A>
    [[nodiscard("co_await it")]] task<result_of<F>> call(A&&... arguments) {
        static_assert(calls_with<F, A&&...>, "coil::process: F cannot be called with these");
        return one_call<F>(core_, kept_parameters<F, A&&...>(std::forward<A>(arguments)...));
    }

    /// Calls F for every item, or for the elements of every item if F has several parameters and the items are tuples.
    /// Completes: when all calls have ended, with the results in the order of the items.
    /// Errors: the first error in time; the calls that nobody has begun are then not made, those begun are waited for.
    /// Lifetime: a named range is read where it lies, while the await lasts.
    template <auto F, std::ranges::random_access_range R>
    [[nodiscard("co_await it")]] task<mapped<F>> map(R&& items, map_options options = {}) {
        return mapped_calls<F, R>(core_, std::forward<R>(items), options);
    }

    /// The same, but an error is the outcome of its item: none is thrown, every call is made.
    template <auto F, std::ranges::random_access_range R>
    [[nodiscard("co_await it")]] task<std::vector<outcome<result_of<F>>>> settle(R&& items, map_options options = {}) {
        return settled_calls<F, R>(core_, std::forward<R>(items), options);
    }

    /// Yields the outcome of every item as it comes: `while (auto r = co_await s.next()) use(r->index(), r->value())`.
    /// Shape: as many calls are under way as keep the workers busy; when nobody asks for a while they end what they have
    /// been given and wait, and at most some 4,096 outcomes are kept beside that, whoever else uses the pool.
    /// Lifetime: the items are copied, or moved. Dropped early, calls that nobody has begun are not made, and others end
    /// unheard.
    template <auto F, std::ranges::random_access_range R>
    async_generator<outcome<result_of<F>>> stream(R&& items, map_options options = {}, place where = place::current()) {
        using item = std::ranges::range_value_t<R>;
        return streamed_calls<F, item>(core_, std::vector<item>(std::ranges::begin(items), std::ranges::end(items)), options,
                                       where);
    }

    /// Takes no more calls, waits for those that there are, also for what a dropped stream had begun, and for the end of
    /// every worker.
    /// Cancel: shuts down, and waits for the end of the workers all the same.
    [[nodiscard("co_await it")]] task<> close();
    /// Ends every worker at once; calls in flight throw. Threads: any. It does not wait: no zombie is left anyhow.
    void shut_down() noexcept;

    /// How many workers it has.
    std::size_t size() const noexcept;
    const std::string& name() const noexcept;
    /// The workers' numbers at the moment; -1 for one that is yet to start.
    std::vector<int> pids() const;

private:
    std::shared_ptr<pool_core> core_;
};

}  // namespace coil::process
