// SPDX-License-Identifier: BSL-1.0
// Rows read1, read32, direct32, direct128: coil's read_at, by as many tasks as reads are to be in flight.
#include <coil/runtime.hpp>

#include <vector>

#include "../measure/row.hpp"
#include "file_reads.hpp"

namespace {

using floor_of::block_order;
using floor_of::scratch_file;

coil::task<> some(coil::fs::file& f, std::uint64_t n, std::uint64_t size, std::uint64_t seed) {
    coil::fs::aligned_buffer to(scratch_file::block);
    block_order order(size, seed);
    for (std::uint64_t i = 0; i < n; ++i)
        floor_of::ok(co_await f.read_at(to, order.next()) == scratch_file::block ? 0 : -1, "read_at");
}

template <unsigned Depth, bool Direct>
coil::task<measure::result> reads(std::uint64_t n) {
    const scratch_file& scratch = floor_of::read_file<Direct>();
    const auto how = Direct ? coil::fs::mode::read | coil::fs::mode::direct : coil::fs::mode::read;
    coil::fs::file f = co_await coil::fs::open(scratch.path, how);
    std::vector<coil::join_handle<>> others;
    const measure::window w;
    for (unsigned i = 1; i < Depth; ++i)
        others.push_back(coil::spawn(some(f, n / Depth, scratch.size(), i + 1)));
    co_await some(f, n / Depth, scratch.size(), 1);
    for (auto& h : others)
        co_await h;
    co_return w.stop(static_cast<double>(n / Depth * Depth));
}

template <unsigned Depth, bool Direct>
measure::result run(std::uint64_t n) {
    return coil::run(reads<Depth, Direct>(n));
}

const measure::enrol cached[] = {
    {"read1/coil", 50'000, run<1, false>},
    {"read32/coil", 50'000, run<32, false>},
};

const bool direct = [] {
    if (!floor_of::direct_io_works()) return false;
    [[maybe_unused]] static const measure::enrol all[] = {
        {"direct32/coil", 20'000, run<32, true>, measure::shape::whole},
        {"direct128/coil", 20'000, run<128, true>, measure::shape::whole},
    };
    return true;
}();

}  // namespace
