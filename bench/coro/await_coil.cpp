// SPDX-License-Identifier: BSL-1.0
// Rows await, deep and two: coil's task on its loop.
#include <coil/runtime.hpp>

#include "await_work.hpp"

namespace {

template <class T>
using task = coil::task<T>;
using work = await_work::of<task>;

const measure::enrol all[] = {
    {"await/coil", await_work::batch, [](std::uint64_t n) { return coil::run(work::many(n)); }},
    {"deep/coil", await_work::batch, [](std::uint64_t n) { return coil::run(work::deep(n)); }},
    {"two/coil", await_work::batch, [](std::uint64_t n) { return coil::run(work::two(n)); }},
};

}  // namespace
