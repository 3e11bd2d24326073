// SPDX-License-Identifier: BSL-1.0
// Rows await, deep and two: the two floors.
#include "await_work.hpp"
#include "floor_await.hpp"
#include "floor_await_duties.hpp"

namespace {

using bare = await_work::of<floor_of::bare_task>;
using duties = await_work::of<floor_of::duties_task>;

const measure::enrol all[] = {
    {"await/bare", await_work::batch, [](std::uint64_t n) { return bare::many(n).run(); }},
    {"await/duties", await_work::batch, [](std::uint64_t n) { return duties::many(n).run(); }},
    {"deep/bare", await_work::batch, [](std::uint64_t n) { return bare::deep(n).run(); }},
    {"deep/duties", await_work::batch, [](std::uint64_t n) { return duties::deep(n).run(); }},
    {"two/bare", await_work::batch, [](std::uint64_t n) { return bare::two(n).run(); }},
    {"two/duties", await_work::batch, [](std::uint64_t n) { return duties::two(n).run(); }},
};

}  // namespace
