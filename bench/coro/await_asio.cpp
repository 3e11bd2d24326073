// SPDX-License-Identifier: BSL-1.0
// Rows await, deep and two: Asio's awaitable on an io_context.
#include <asio.hpp>

#include <exception>

#include "await_work.hpp"

namespace {

template <class T>
using awaitable = asio::awaitable<T>;
using work = await_work::of<awaitable>;

measure::result run(asio::awaitable<measure::result> body) {
    asio::io_context context(1);
    measure::result got;
    asio::co_spawn(context, std::move(body), [&](std::exception_ptr e, measure::result r) {
        if (e) std::rethrow_exception(e);
        got = r;
    });
    context.run();
    return got;
}

const measure::enrol all[] = {
    {"await/asio", await_work::batch, [](std::uint64_t n) { return run(work::many(n)); }},
    {"deep/asio", await_work::batch, [](std::uint64_t n) { return run(work::deep(n)); }},
    {"two/asio", await_work::batch, [](std::uint64_t n) { return run(work::two(n)); }},
};

}  // namespace
