// SPDX-License-Identifier: BSL-1.0
// Row nop: coil's ring_op, one task and 32.
#include <coil/runtime.hpp>
#include <coil/runtime/ring/op.hpp>

#include <vector>

#include "../measure/row.hpp"

namespace {

coil::task<> some(std::uint64_t n) {
    for (std::uint64_t i = 0; i < n; ++i)
        co_await coil::ring_op([](io_uring_sqe& e) { e.opcode = IORING_OP_NOP; });
}

template <unsigned Depth>
coil::task<measure::result> nops(std::uint64_t n) {
    std::vector<coil::join_handle<>> others;
    const measure::window w;
    for (unsigned i = 1; i < Depth; ++i)
        others.push_back(coil::spawn(some(n / Depth)));
    co_await some(n / Depth);
    for (auto& h : others)
        co_await h;
    co_return w.stop(static_cast<double>(n / Depth * Depth));
}

const measure::enrol all[] = {
    {"nop1/coil", 100'000, [](std::uint64_t n) { return coil::run(nops<1>(n)); }},
    {"nop32/coil", 320'000, [](std::uint64_t n) { return coil::run(nops<32>(n)); }},
};

}  // namespace
