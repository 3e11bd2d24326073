// SPDX-License-Identifier: BSL-1.0
#include "modes/coroutines.hpp"

#include <coil/runtime/async/on_pool.hpp>
#include <coil/runtime/async/when_all_range.hpp>
#include <coil/runtime/fiber/await.hpp>
#include <coil/runtime/fiber/fiber.hpp>
#include <coil/runtime/run/run.hpp>

#include <ranges>

#include "work/computing.hpp"

namespace versus {
namespace {

using results = std::vector<std::uint64_t>;

// An item's coroutine is made when its turn comes, so that there are never more frames than items under way.
coil::task<results> all_items(const workload& work, computing where, std::size_t width) {
    const auto begin = [&work, where](std::size_t item) { return work.run_awaited(item, where); };
    auto items = std::views::iota(std::size_t{0}, work.items()) | std::views::transform(begin);
    co_return co_await coil::when_all(std::move(items), {.max_in_flight = width});
}

coil::task<results> all_items_at_home_on_pool(const workload& work, std::size_t width) {
    co_return co_await coil::on_pool(all_items(work, computing::here, width));
}

// An item is an ordinary function on a stack of its own, which waits below its calls.
coil::task<results> all_items_as_fibers(const workload& work, std::size_t width) {
    const auto begin = [&work](std::size_t item) {
        return coil::fiber([&work, item] { return coil::await(work.run_awaited(item, computing::here)); });
    };
    auto items = std::views::iota(std::size_t{0}, work.items()) | std::views::transform(begin);
    co_return co_await coil::when_all(std::move(items), {.max_in_flight = width});
}

mode_outcome outcome_of(results done) {
    mode_outcome outcome;
    outcome.results = std::move(done);
    return outcome;
}

}  // namespace

mode_outcome run_on_loop(const workload& work, const work_spec&, std::size_t width) {
    return outcome_of(coil::run(all_items(work, computing::here, width)));
}

mode_outcome run_fibers(const workload& work, const work_spec&, std::size_t width) {
    return outcome_of(coil::run(all_items_as_fibers(work, width)));
}

mode_outcome run_on_pool(const workload& work, const work_spec&, std::size_t width) {
    return outcome_of(coil::run(all_items_at_home_on_pool(work, width)));
}

mode_outcome run_on_loop_and_pool(const workload& work, const work_spec&, std::size_t width) {
    return outcome_of(coil::run(all_items(work, computing::on_the_pool, width)));
}

}  // namespace versus
