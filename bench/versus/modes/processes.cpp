// SPDX-License-Identifier: BSL-1.0
#include "modes/processes.hpp"

#include <coil/process.hpp>
#include <coil/runtime.hpp>
#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "measure/usage.hpp"
#include "work/catalog.hpp"

namespace versus {
namespace {

using order = std::tuple<std::string, std::uint64_t>;  // the work, described; and which item of it

struct done_item {
    std::uint64_t value = 0;
    long peak_kib = 0;  // of the worker, so far
    int worker = 0;
};

// In a worker: the work is made once, since every item describes the same.
done_item do_item(const std::string& spec, std::uint64_t item) {
    static std::string made_of;
    static std::unique_ptr<workload> work;
    if (!work || made_of != spec) {
        const work_spec decoded = decode_work_spec(spec);
        work = find_work(decoded.work)->make(decoded);
        made_of = spec;
    }
    done_item done;
    done.value = work->run(item);
    done.peak_kib = peak_memory_kib();
    done.worker = ::getpid();
    return done;
}

coil::task<mode_outcome> in_a_pool(std::size_t items, const work_spec& spec, std::size_t width) {
    coil::process::pool pool{width};
    const std::string text = encode(spec);
    std::vector<order> orders;
    for (std::size_t i = 0; i < items; ++i)
        orders.emplace_back(text, i);
    const auto done = co_await pool.map<&do_item>(orders, {.chunk = 1});
    co_await pool.close();
    mode_outcome outcome;
    std::map<int, long> peaks;
    for (const done_item& each : done) {
        outcome.results.push_back(each.value);
        peaks[each.worker] = std::max(peaks[each.worker], each.peak_kib);
    }
    for (const auto& [worker, peak] : peaks)
        outcome.helpers_peak_kib += peak;
    co_return outcome;
}

}  // namespace

mode_outcome run_processes(const workload& work, const work_spec& spec, std::size_t width) {
    return coil::run(in_a_pool(work.items(), spec, std::max<std::size_t>(1, std::min(width, work.items()))));
}

}  // namespace versus
