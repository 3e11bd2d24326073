// SPDX-License-Identifier: BSL-1.0
// Rows small and copy: coil's ways.
#include <coil/runtime.hpp>

#include <array>
#include <string>
#include <vector>

#include "../measure/row.hpp"
#include "file_writes.hpp"

namespace {

using floor_of::scratch_file;
using floor_of::scratch_folder;

const std::array<char, scratch_file::block> contents{};

coil::task<> durable(const scratch_folder& folder, std::uint64_t& next, std::uint64_t n) {
    while (next < n) {
        const std::string path = folder / std::to_string(next++);
        co_await coil::fs::write_file(path, contents, {.durable = true});
    }
}

template <unsigned Depth>
coil::task<measure::result> small(std::uint64_t n) {
    const scratch_folder folder;
    std::uint64_t next = 0;
    std::vector<coil::join_handle<>> others;
    const measure::window w;
    for (unsigned i = 1; i < Depth; ++i)
        others.push_back(coil::spawn(durable(folder, next, n)));
    co_await durable(folder, next, n);
    for (auto& h : others)
        co_await h;
    co_return w.stop(static_cast<double>(n));
}

coil::task<measure::result> copied() {
    const scratch_file source{floor_of::copy_size()};
    const scratch_folder folder;
    const measure::window w;
    const std::uint64_t size = co_await coil::fs::copy_file(source.path, folder / "copy");
    co_return w.stop(static_cast<double>(size >> 20));
}

constexpr auto whole = measure::shape::whole;

const measure::enrol all[] = {
    {"small/coil", 2048, [](std::uint64_t n) { return coil::run(small<128>(n)); }, whole},
    {"copy/coil", 1, [](std::uint64_t) { return coil::run(copied()); }, whole},
};

}  // namespace
