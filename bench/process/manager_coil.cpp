// SPDX-License-Identifier: BSL-1.0
// Row manager_list: coil.
#include <coil/process.hpp>
#include <coil/runtime.hpp>

#include "../measure/row.hpp"

namespace {

coil::task<measure::result> operations(std::uint64_t n) {
    coil::process::manager m;
    auto list = co_await m.list<int>("xs");
    co_await list.push_back(0);
    const measure::window w;
    for (std::uint64_t i = 0; i < n; ++i) co_await list.set(0, static_cast<int>(i));
    co_return w.stop(static_cast<double>(n));
}

const measure::enrol all[] = {
    {"manager_list/coil", 1 << 10, [](std::uint64_t n) { return coil::run(operations(n)); }},
};

}  // namespace
